-- Run once, before any database is created.
-- MySQL's planner costs a page in memory at a quarter of one on disk, so the plan of a query depended on how many pages
-- had been read before. All pages fit into the buffer pool: cost them equally. MariaDB has no such table and ignores
-- comments with a MySQL version.
SET @statement = IF(VERSION() LIKE '%MariaDB%', 'DO 0',
  'UPDATE mysql.engine_cost SET cost_value = 0.25 WHERE cost_name IN (''io_block_read_cost'', ''memory_block_read_cost'')');
PREPARE statement FROM @statement;
EXECUTE statement;
DEALLOCATE PREPARE statement;
FLUSH /*!80000 OPTIMIZER_COSTS, */ STATUS;
