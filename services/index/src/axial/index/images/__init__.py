"""Frames of instances as pictures and as numbers.

In the order the data meets them: `headers` reads how the pixels are encoded; `source` gives ranges of the
file; `native` and `fragments` tell where in it one frame is, and `reader` reads that; `tasks` says what is
to become of it; `workers` hands it to a process of its own (`worker`), where a hostile file can harm
nothing else; there `decoding` makes numbers of it, `rendering` the numbers that are shown, `encoding` a
file. `ordering` sorts the slices of a series, `arrays` writes them for numpy, `documents` finds the PDF in
what is no image. All but `source`, `reader`, `documents`, `workers` and `worker` are pure.
"""
