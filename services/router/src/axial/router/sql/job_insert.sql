-- Write a job down, for any replica to begin.
INSERT INTO jobs (id, type, priority, parameters, submitted, content, user_data)
VALUES ($1, $2, $3, $4, $5, $5, $6)
