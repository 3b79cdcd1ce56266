-- What `PUT` and `DELETE /peers/{name}` have said; it overrules the configuration. Their secrets stand here and nowhere
-- else: not in the log (decision 19).
CREATE TABLE peers (
    name       text PRIMARY KEY,
    -- As `axial.common.peers` writes it; null when a peer of the configuration was deleted.
    definition jsonb
);
