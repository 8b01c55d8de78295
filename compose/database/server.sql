-- What the server is told once, before any database is made.
-- MySQL's planner prices a page in memory at a quarter of one on disk, so the same query over the same rows got another
-- plan in a database that had been read less. All pages fit into the buffer pool: price them alike. MariaDB has no such
-- table, and skips a comment with a MySQL version in it.
SET @statement = IF(VERSION() LIKE '%MariaDB%', 'DO 0',
  'UPDATE mysql.engine_cost SET cost_value = 0.25 WHERE cost_name IN (''io_block_read_cost'', ''memory_block_read_cost'')');
PREPARE statement FROM @statement;
EXECUTE statement;
DEALLOCATE PREPARE statement;
FLUSH /*!80000 OPTIMIZER_COSTS, */ STATUS;
