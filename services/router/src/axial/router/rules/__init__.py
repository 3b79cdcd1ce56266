"""Which changes mean which deliveries.

bodies, texts, times   what rules are written in, and what they may ask of a text and of the time
conditions, rule       a rule as it is written, and what it means
facts, changes         what is known of an instance, and what the feed tells
matching, loops        whether conditions hold, and what came from where
deciding, explaining   which rules match and what they want, and why
store, book, reading   where rules are kept, and the rules as they are now
feed, collecting       the changefeed and the index, asked
directory, asking      where destinations are, and all that it takes to ask rules
carrying_out, consumer what rules want, written down for each change once
trying, replay         rules tried on an instance, and on a past range of the feed
routes, asking_routes  `/router/rules`
"""
