-- Plain SQL: every statement is a step of its own, and runs as the database has it.
--
--     sqlflow run examples/report.sql
--
-- Run it from the repository's root: file names are relative to where you are.

CREATE OR REPLACE TABLE measurements AS
SELECT * FROM read_csv('examples/data/iris.csv');

CREATE OR REPLACE TABLE petals AS
SELECT species, petal_length * petal_width AS area FROM measurements;

UPDATE petals SET area = round(area, 2);

SELECT species, count(*) AS flowers, min(area) AS smallest, round(avg(area), 3) AS mean,
       max(area) AS largest
FROM petals GROUP BY species ORDER BY mean;

DELETE FROM petals WHERE area < 1;

SELECT species, count(*) AS flowers FROM petals GROUP BY species ORDER BY species;

DROP TABLE petals;
