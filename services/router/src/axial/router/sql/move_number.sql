-- Number a C-MOVE, so that what comes by it is told apart from what comes by another.
SELECT nextval('move_numbers')
