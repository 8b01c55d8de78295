-- Creates the user @shop with the password @password for the database @shop, with the privileges that the service
-- needs: change stock and prices, add orders, delete nothing.
SET NAMES utf8mb4;
SET @account = CONCAT(QUOTE(@shop), '@''%''');

SET @statement = CONCAT('CREATE USER IF NOT EXISTS ', @account, ' IDENTIFIED BY ', QUOTE(@password));
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('GRANT SELECT ON `', @shop, '`.calendar TO ', @account);
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('GRANT SELECT ON `', @shop, '`.categories TO ', @account);
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('GRANT SELECT ON `', @shop, '`.customers TO ', @account);
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('GRANT SELECT, UPDATE ON `', @shop, '`.products TO ', @account);
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('GRANT SELECT, INSERT ON `', @shop, '`.orders TO ', @account);
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('GRANT SELECT, INSERT ON `', @shop, '`.order_lines TO ', @account);
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('GRANT SELECT, INSERT, UPDATE ON `', @shop, '`.idempotency_keys TO ', @account);
PREPARE statement FROM @statement;
EXECUTE statement;
DEALLOCATE PREPARE statement;
