"""The S3 store: blobs as objects of a bucket.

store       the port's face
address     the bucket that a URL names
client      signed requests, repeated when that can help
signing     AWS Signature Version 4
answers     what the server's errors mean
reader      the answer to a GET
rare        large uploads, listing, making the bucket: boto3
threads     where boto3 may block
"""
