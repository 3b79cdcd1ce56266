"""Pixels of DICOM files: decoded, encoded and transcoded in processes of their own.

In the order the data meets them: `headers` reads how the pixels are encoded, which `description` holds; `source`
gives ranges of the file; `native` and `fragments` tell where in it one frame is, and `frames` reads that; `workers`
hands it to a process of its own (`worker`, by `messages`), where a hostile file can harm nothing else; there
`decoding` makes numbers of it. `transcoding` writes whole files in other transfer syntaxes.
"""
