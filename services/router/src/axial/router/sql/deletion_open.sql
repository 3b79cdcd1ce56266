-- Whether an instance ($1, MD5 $2) is still needed for a delivery of any rule.
SELECT EXISTS (
    SELECT FROM deliveries
    WHERE instance = $1 AND md5 = $2 AND NOT is_forgotten AND state IN ('due', 'sending', 'dead')
)
