"""Frames of instances as pictures and as numbers.

In the order the data meets them: `reader` reads a frame; `tasks` says what is to become of it; `drawers` are the
processes to which it is handed (`axial.pixels`), where a hostile file can harm nothing else; there it is decoded,
`rendering` makes the numbers that are shown, `encoding` a file, and `drawing` calls these. `ordering` sorts the
slices of a series, `arrays` writes them for numpy, `documents` finds the PDF in what is no image. All but `reader`,
`drawers` and `documents` are pure.
"""
