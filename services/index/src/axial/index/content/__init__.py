"""One place in the hierarchy of data sets of a file, found without reading the rest.

`path` reads what is asked for, `walking` finds it by the steps of `stepping`, `contents` has the bytes, read
`ahead` of what is asked for, and `body` gives those of a value: with numbers in order by `values`, and no
more `padding` than needed.
"""
