-- All statements in the SQL of SQLite, made from those in sql/statement_sources by: python -m sequent.runtime.store.sql.statement_sources

-- == The tables ==

-- create_definition
CREATE TABLE definition (
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    structure TEXT NOT NULL,
    fingerprints TEXT NOT NULL,
    picture TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (number),
    UNIQUE (digest)
)
 STRICT

-- create_node
CREATE TABLE node (
    definition INTEGER NOT NULL,
    id INTEGER NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (definition, id),
    FOREIGN KEY(definition) REFERENCES definition (number)
)
 WITHOUT ROWID,
 STRICT

-- create_run
CREATE TABLE run (
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    owner TEXT NOT NULL,
    touched INTEGER NOT NULL,
    status TEXT NOT NULL,
    recovery INTEGER NOT NULL,
    created REAL NOT NULL,
    ended REAL,
    counts TEXT NOT NULL,
    flow TEXT NOT NULL,
    definition INTEGER NOT NULL,
    reason TEXT,
    wake TEXT,
    tally TEXT,
    seal INTEGER,
    unrun TEXT,
    PRIMARY KEY (number),
    UNIQUE (id),
    FOREIGN KEY(definition) REFERENCES definition (number)
)
 STRICT

-- create_attempt
CREATE TABLE attempt (
    run INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    node INTEGER NOT NULL,
    host TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    number INTEGER NOT NULL,
    token BLOB NOT NULL,
    state TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL,
    item TEXT,
    result TEXT,
    verdict INTEGER,
    problem TEXT,
    log TEXT,
    recovery INTEGER DEFAULT 0 NOT NULL,
    begun REAL,
    PRIMARY KEY (run, frame, node, host, iteration, number),
    FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID,
 STRICT

-- create_frame
CREATE TABLE frame (
    run INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    node INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id INTEGER NOT NULL,
    status TEXT NOT NULL,
    item TEXT,
    PRIMARY KEY (run, parent, node, number),
    FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID,
 STRICT

-- create_hold
CREATE TABLE hold (
    run INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    node INTEGER NOT NULL,
    host TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    pool TEXT NOT NULL,
    amount INTEGER NOT NULL,
    shared INTEGER NOT NULL,
    PRIMARY KEY (run, frame, node, host, iteration, pool),
    FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID,
 STRICT

-- create_intervention
CREATE TABLE intervention (
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at REAL NOT NULL,
    request TEXT NOT NULL,
    decision TEXT,
    PRIMARY KEY (run, number),
    FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID,
 STRICT

-- create_note
CREATE TABLE note (
    run INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    node INTEGER NOT NULL,
    host TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    number INTEGER NOT NULL,
    part TEXT NOT NULL,
    PRIMARY KEY (run, frame, node, host, iteration, attempt, number),
    FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID,
 STRICT

-- create_pool
CREATE TABLE pool (
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    PRIMARY KEY (run, name),
    FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID,
 STRICT

-- create_repeat
CREATE TABLE repeat (
    run INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    node INTEGER NOT NULL,
    items TEXT,
    status TEXT,
    problem TEXT,
    PRIMARY KEY (run, frame, node),
    FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID,
 STRICT

-- create_request
CREATE TABLE request (
    run INTEGER NOT NULL,
    target TEXT NOT NULL,
    params TEXT NOT NULL,
    origin TEXT,
    PRIMARY KEY (run),
    FOREIGN KEY(run) REFERENCES run (number)
)
 STRICT

-- create_ticket
CREATE TABLE ticket (
    number INTEGER NOT NULL,
    run INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    node INTEGER NOT NULL,
    host TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    amounts TEXT NOT NULL,
    priority INTEGER NOT NULL,
    around TEXT NOT NULL,
    PRIMARY KEY (number),
    FOREIGN KEY(run) REFERENCES run (number)
)
 STRICT

-- create_wait
CREATE TABLE wait (
    run INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    node INTEGER NOT NULL,
    host TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    boot TEXT NOT NULL,
    due_boot REAL NOT NULL,
    due REAL NOT NULL,
    length REAL,
    PRIMARY KEY (run, frame, node, host, iteration, attempt),
    FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID,
 STRICT

-- create_frame_by_id
CREATE UNIQUE INDEX frame_by_id ON frame (run, id)

-- == All runs of a store ==

-- runs: All runs, latest first, at most so many.
-- gives number int, id str, epoch int, owner str, status str, recovery int, created float, ended float?, counts str, definition int, reason str?, target str, params str, origin str?, unrun str?, flow str, touched int, tally str?, seal int?
SELECT run.number, run.id, run.epoch, run.owner, run.status, run.recovery, run.created, run.ended, run.counts,
    run.definition, run.reason, request.target, request.params, request.origin, run.unrun, run.flow, run.touched,
    run.tally, run.seal
FROM run
LEFT OUTER JOIN request ON request.run = run.number
WHERE run.status != 'pruned'
ORDER BY run.number DESC
LIMIT ? OFFSET 0

-- runs_of_flow: The runs of one flow, latest first.
-- gives number int, id str, epoch int, owner str, status str, recovery int, created float, ended float?, counts str, definition int, reason str?, target str, params str, origin str?, unrun str?, flow str, touched int, tally str?, seal int?
SELECT run.number, run.id, run.epoch, run.owner, run.status, run.recovery, run.created, run.ended, run.counts,
    run.definition, run.reason, request.target, request.params, request.origin, run.unrun, run.flow, run.touched,
    run.tally, run.seal
FROM run
LEFT OUTER JOIN request ON request.run = run.number
WHERE run.status != 'pruned' AND run.flow = ?
ORDER BY run.number DESC
LIMIT ? OFFSET 0

-- numbers: The numbers of the runs, latest first.
-- gives number int
SELECT run.number
FROM run
WHERE run.status != 'pruned'
ORDER BY run.number DESC
LIMIT ? OFFSET 0

-- numbers_of_flow: The numbers of the runs of one flow, latest first.
-- gives number int
SELECT run.number
FROM run
WHERE run.status != 'pruned' AND run.flow = ?
ORDER BY run.number DESC
LIMIT ? OFFSET 0

-- numbers_within: The numbers of the runs before a run that were made in a time, latest first, at most so many.
-- gives number int
SELECT run.number
FROM run
WHERE run.status != 'pruned' AND run.number < ? AND run.created >= ? AND run.created < ?
ORDER BY run.number DESC
LIMIT ? OFFSET 0

-- outcomes_since: The number, the flow, the status and the time of each run since a time, latest first, at most so many.
-- gives number int, flow str, status str, created float
SELECT run.number, run.flow, run.status, run.created
FROM run
WHERE run.status != 'pruned' AND run.created >= ?
ORDER BY run.number DESC
LIMIT ? OFFSET 0

-- news_of: The numbers that change with all that is written of a run: by its drivers, and by people.
-- gives epoch int, touched int, value any?
SELECT run.epoch, run.touched, (SELECT count(*) AS count_1
FROM intervention
WHERE intervention.run = run.number) AS anon_1
FROM run
WHERE run.number = ?

-- latest_run: The latest run that no step of another run started.
-- gives number int, id str, epoch int, owner str, status str, recovery int, created float, ended float?, counts str, definition int, reason str?, target str, params str, origin str?, unrun str?, flow str, touched int, tally str?, seal int?
SELECT run.number, run.id, run.epoch, run.owner, run.status, run.recovery, run.created, run.ended, run.counts,
    run.definition, run.reason, request.target, request.params, request.origin, run.unrun, run.flow, run.touched,
    run.tally, run.seal
FROM run
LEFT OUTER JOIN request ON request.run = run.number
WHERE run.status != 'pruned' AND request.origin IS NULL
ORDER BY run.number DESC
LIMIT 1 OFFSET 0

-- latest_run_of_flow: The latest run of one flow that no step of another run started.
-- gives number int, id str, epoch int, owner str, status str, recovery int, created float, ended float?, counts str, definition int, reason str?, target str, params str, origin str?, unrun str?, flow str, touched int, tally str?, seal int?
SELECT run.number, run.id, run.epoch, run.owner, run.status, run.recovery, run.created, run.ended, run.counts,
    run.definition, run.reason, request.target, request.params, request.origin, run.unrun, run.flow, run.touched,
    run.tally, run.seal
FROM run
LEFT OUTER JOIN request ON request.run = run.number
WHERE run.status != 'pruned' AND run.flow = ? AND request.origin IS NULL
ORDER BY run.number DESC
LIMIT 1 OFFSET 0

-- run_with_id: The run with exactly that id.
-- gives number int, id str, epoch int, owner str, status str, recovery int, created float, ended float?, counts str, definition int, reason str?, target str, params str, origin str?, unrun str?, flow str, touched int, tally str?, seal int?
SELECT run.number, run.id, run.epoch, run.owner, run.status, run.recovery, run.created, run.ended, run.counts,
    run.definition, run.reason, request.target, request.params, request.origin, run.unrun, run.flow, run.touched,
    run.tally, run.seal
FROM run
LEFT OUTER JOIN request ON request.run = run.number
WHERE run.status != 'pruned' AND run.id = ?

-- run_with_number: The run with that number.
-- gives number int, id str, epoch int, owner str, status str, recovery int, created float, ended float?, counts str, definition int, reason str?, target str, params str, origin str?, unrun str?, flow str, touched int, tally str?, seal int?
SELECT run.number, run.id, run.epoch, run.owner, run.status, run.recovery, run.created, run.ended, run.counts,
    run.definition, run.reason, request.target, request.params, request.origin, run.unrun, run.flow, run.touched,
    run.tally, run.seal
FROM run
LEFT OUTER JOIN request ON request.run = run.number
WHERE run.status != 'pruned' AND run.number = ?

-- runs_with_prefix: The runs with a prefix of their id, by comparison: no character in it has a meaning.
-- gives number int, id str, epoch int, owner str, status str, recovery int, created float, ended float?, counts str, definition int, reason str?, target str, params str, origin str?, unrun str?, flow str, touched int, tally str?, seal int?
SELECT run.number, run.id, run.epoch, run.owner, run.status, run.recovery, run.created, run.ended, run.counts,
    run.definition, run.reason, request.target, request.params, request.origin, run.unrun, run.flow, run.touched,
    run.tally, run.seal
FROM run
LEFT OUTER JOIN request ON request.run = run.number
WHERE run.status != 'pruned' AND substr(run.id, 1, CAST(? AS INTEGER)) = ?
ORDER BY run.number DESC
LIMIT 6 OFFSET 0

-- commits: The id of a run, and the number of transactions that its drivers have committed.
-- gives id str, touched int
SELECT run.id, run.touched
FROM run
WHERE run.number = ?

-- guard_row: The values that the guard of a run finds in its row.
-- gives epoch int, owner str, touched int
SELECT run.epoch, run.owner, run.touched
FROM run
WHERE run.number = ?

-- last_number: The highest number of a run.
-- gives max any?
SELECT max(run.number) AS max_1
FROM run

-- running: The numbers of the runs that are driven, or were driven until their driver was killed.
-- gives number int
SELECT run.number
FROM run
WHERE run.status = 'running'

-- has_id: Whether a run has that id.
-- gives number int
SELECT run.number
FROM run
WHERE run.id = ?

-- ages: The id, flow, status and times of each run, latest first.
-- gives number int, id str, flow str, status str, created float, ended float?
SELECT run.number, run.id, run.flow, run.status, run.created, run.ended
FROM run
WHERE run.status != 'pruned'
ORDER BY run.number DESC

-- name_of: The flow and the id of a run, also of one that is being removed.
-- gives flow str, id str
SELECT run.flow, run.id
FROM run
WHERE run.number = ?

-- pruned: The runs whose removal has begun.
-- gives number int
SELECT run.number
FROM run
WHERE run.status = 'pruned'

-- == Writes of a run's driver ==

-- guard: Write the tally of a run's rows; matches one row as long as this driver has the run, and none after that.
UPDATE run
SET touched=(run.touched + 1), tally=?
WHERE run.number = ? AND run.epoch = ? AND run.owner = ?

-- insert_attempt: Insert a new attempt; a second one of its number matches no row.
INSERT INTO attempt (run, frame, node, host, iteration, number, token, state, started, item, recovery)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING

-- put_attempt: Insert an attempt: repeated, it changes nothing; with another token it matches no row.
INSERT INTO attempt (run, frame, node, host, iteration, number, token, state, started, item, recovery)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run, frame, node, host, iteration, number) DO UPDATE
SET token = excluded.token
WHERE attempt.token = excluded.token

-- end_attempt: Write the outcome of one attempt that has none.
UPDATE attempt
SET state=?, ended=?, result=?, verdict=?, problem=?, log=?
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = ? AND attempt.iteration = ? AND
    attempt.number = ? AND attempt.state = 'active'

-- lose_attempts: End earlier attempts of a task without an outcome: they died with the run's driver.
UPDATE attempt
SET state='waiting', ended=?
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = ? AND attempt.iteration = ? AND
    attempt.number < ? AND attempt.state = 'active'

-- put_outcome: Write the outcome of one attempt, whatever its state.
UPDATE attempt
SET state=?, ended=?, result=?, verdict=?, problem=?, log=?
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = ? AND attempt.iteration = ? AND
    attempt.number = ?

-- pass_attempt: Insert an attempt that is not executed and counts as a success; repeated, it changes nothing.
INSERT INTO attempt (run, frame, node, host, iteration, number, token, state, started, ended, item, verdict, recovery)
VALUES (?, ?, ?, ?, ?, ?, ?, 'success', ?, ?, ?, ?, ?)
ON CONFLICT (run, frame, node, host, iteration, number) DO UPDATE
SET token = excluded.token
WHERE attempt.token = excluded.token

-- outdate_attempt: Mark a success that no longer counts; its result stays in its row.
UPDATE attempt
SET state='outdated'
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = ? AND attempt.iteration = ? AND
    attempt.number = ? AND (attempt.state = 'success' OR attempt.state = 'outdated')

-- supersede_attempt: Mark an attempt that no longer counts, however it ended.
UPDATE attempt
SET state='superseded'
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = ? AND attempt.iteration = ? AND
    attempt.number = ?

-- restore_attempt: Insert an attempt with the outcome of an earlier one of its task.
INSERT INTO attempt (run, frame, node, host, iteration, number, token, state, started, ended, item, result, verdict,
    recovery) SELECT attempt.run, attempt.frame, attempt.node, attempt.host, attempt.iteration, ? AS anon_1, ? AS
    anon_2, 'success', ? AS anon_3, ? AS anon_4, attempt.item, attempt.result, attempt.verdict, ? AS anon_5
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = ? AND attempt.iteration = ? AND
    attempt.number = ?
ON CONFLICT (run, frame, node, host, iteration, number) DO UPDATE
SET token = excluded.token
WHERE attempt.token = excluded.token

-- begin_attempt: Write when the code of one attempt began.
UPDATE attempt
SET begun=?
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = ? AND attempt.iteration = ? AND
    attempt.number = ?

-- drop_attempt: Remove an attempt that never began; one that has an outcome matches no row.
DELETE FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = ? AND attempt.iteration = ? AND
    attempt.number = ? AND attempt.ended IS NULL

-- drop_attempts_of_frame: Remove the rows in an iteration of a container.
DELETE FROM attempt
WHERE attempt.run = ? AND attempt.frame = ?

-- drop_waits_of_frame: Remove the rows in an iteration of a container.
DELETE FROM wait
WHERE wait.run = ? AND wait.frame = ?

-- drop_repeats_of_frame: Remove the rows in an iteration of a container.
DELETE FROM repeat
WHERE repeat.run = ? AND repeat.frame = ?

-- drop_frame: Remove an iteration of a container, after the rows in it.
DELETE FROM frame
WHERE frame.run = ? AND frame.id = ?

-- drop_attempts_of_step: Remove the iterations of a repeated step.
DELETE FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.iteration > 0

-- drop_waits_of_step: Remove the iterations of a repeated step.
DELETE FROM wait
WHERE wait.run = ? AND wait.frame = ? AND wait.node = ? AND wait.iteration > 0

-- drop_repeat: Remove a repeat.
DELETE FROM repeat
WHERE repeat.run = ? AND repeat.frame = ? AND repeat.node = ?

-- insert_frame: Insert a new iteration; a second one of its number matches no row.
INSERT INTO frame (run, parent, node, number, id, status, item)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING

-- put_frame: Insert an iteration: repeated, it changes nothing; with another id it matches no row.
INSERT INTO frame (run, parent, node, number, id, status, item)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run, parent, node, number) DO UPDATE
SET id = excluded.id
WHERE frame.id = excluded.id

-- close_frame: Write the status of an iteration that is under way.
UPDATE frame
SET status=?
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? AND frame.number = ? AND frame.status = 'active'

-- put_status: Write the status of an iteration, whatever its status was.
UPDATE frame
SET status=?
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? AND frame.number = ?

-- open_repeat: Write the items of a repeat that begins, for the first time or anew.
INSERT INTO repeat (run, frame, node, items)
VALUES (?, ?, ?, ?)
ON CONFLICT (run, frame, node) DO UPDATE
SET items = excluded.items, status = NULL, problem = NULL

-- close_repeat: Write the status of a container that repeats; it may have failed before it opened.
INSERT INTO repeat (run, frame, node, status)
VALUES (?, ?, ?, ?)
ON CONFLICT (run, frame, node) DO UPDATE
SET status = excluded.status

-- put_problem: Write the problem of a container that failed without a failed attempt.
INSERT INTO repeat (run, frame, node, problem)
VALUES (?, ?, ?, ?)
ON CONFLICT (run, frame, node) DO UPDATE
SET problem = excluded.problem

-- put_wait: Write the due times of a wait.
INSERT INTO wait (run, frame, node, host, iteration, attempt, boot, due_boot, due, length)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run, frame, node, host, iteration, attempt) DO UPDATE
SET boot = excluded.boot, due_boot = excluded.due_boot, due = excluded.due, length = excluded.length

-- seal_run: Write the seal of a run's own row.
UPDATE run
SET seal=?
WHERE run.number = ?

-- put_tally: Write the tally of a run's rows.
UPDATE run
SET tally=?
WHERE run.number = ?

-- put_unrun: Write the numbers of tasks that were not executed.
UPDATE run
SET unrun=?
WHERE run.number = ?

-- put_reason: Write why tasks of a run wait.
UPDATE run
SET reason=?
WHERE run.number = ?

-- put_end: Write how a run ended.
UPDATE run
SET status=?, ended=?, counts=?, reason=?, unrun=?
WHERE run.number = ?

-- put_definition: Give a run another definition.
UPDATE run
SET definition=?
WHERE run.number = ?

-- insert_definition: Insert a definition that no run had; return its number.
INSERT INTO definition (digest, structure, fingerprints)
VALUES (?, ?, ?) RETURNING number

-- insert_node: Insert a node of a definition.
INSERT INTO node (definition, id, path, kind)
VALUES (?, ?, ?, ?)

-- insert_run: Insert a new run.
INSERT INTO run (number, id, epoch, owner, touched, status, recovery, created, counts, flow, definition, tally)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- insert_request: Insert the request of a new run.
INSERT INTO request (run, target, params, origin)
VALUES (?, ?, ?, ?)

-- take_run: Take a run; matches one row unless another process took the run since its epoch was read.
UPDATE run
SET epoch=?, owner=?, status=?, recovery=?, ended=?, reason=?, unrun=?
WHERE run.number = ? AND run.epoch = ?

-- fence_run: Take a run from its driver, which writes nothing more; matches one row unless another process was quicker.
UPDATE run
SET epoch=?, owner=?
WHERE run.number = ? AND run.epoch = ?

-- drop_problems: Remove the problems of containers that do not repeat; that of a repeat stays until it is opened again.
UPDATE repeat
SET problem=NULL
WHERE repeat.run = ? AND repeat.problem IS NOT NULL AND repeat.status IS NULL

-- == Queries of a run ==

-- definition_with_digest: The number of a definition.
-- gives number int
SELECT definition.number
FROM definition
WHERE definition.digest = ?

-- definition_row: All fields of a definition, the digest first.
-- gives digest str, structure str, fingerprints str, picture str
SELECT definition.digest, definition.structure, definition.fingerprints, definition.picture
FROM definition
WHERE definition.number = ?

-- definition_texts: The structure and the fingerprints of a definition.
-- gives structure str, fingerprints str
SELECT definition.structure, definition.fingerprints
FROM definition
WHERE definition.number = ?

-- definition_picture: The picture of a definition.
-- gives picture str
SELECT definition.picture
FROM definition
WHERE definition.number = ?

-- nodes: The nodes of a definition.
-- gives id int, path str, kind str
SELECT node.id, node.path, node.kind
FROM node
WHERE node.definition = ?
ORDER BY node.id

-- result: The last attempt of a task.
-- gives state str, result str?, number int
SELECT attempt.state, attempt.result, attempt.number
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration = ?
ORDER BY attempt.number DESC
LIMIT 1 OFFSET 0

-- results: The last attempts of a repeated step's iterations that succeeded, after an iteration.
-- gives iteration int, result str?, number int
SELECT attempt.iteration, attempt.result, attempt.number
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration > ? AND
    attempt.state = 'success' AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
ORDER BY attempt.iteration
LIMIT ? OFFSET 0

-- drawn_by_steps: The items of a repeated step's iterations, after an iteration.
-- gives iteration int, max any?
SELECT attempt.iteration, max(attempt.item) AS max_1
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration > ?
GROUP BY attempt.iteration
ORDER BY attempt.iteration
LIMIT ? OFFSET 0

-- drawn_by_frames: The items of a container's iterations, after an iteration.
-- gives number int, item str?
SELECT frame.number, frame.item
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? AND frame.number > ?
ORDER BY frame.number
LIMIT ? OFFSET 0

-- frames: The iterations of a container, after an iteration.
-- gives number int, id int, status str
SELECT frame.number, frame.id, frame.status
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? AND frame.number > ?
ORDER BY frame.number
LIMIT ? OFFSET 0

-- frame_item: The item of an iteration.
-- gives item str?
SELECT frame.item
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? AND frame.number = ?

-- repeat_row: The items of a repeat, and its status.
-- gives items str?, status str?
SELECT repeat.items, repeat.status
FROM repeat
WHERE repeat.run = ? AND repeat.frame = ? AND repeat.node = ?

-- last_id: The highest id of an iteration.
-- gives max any?
SELECT max(frame.id) AS max_1
FROM frame
WHERE frame.run = ?

-- frame_with_id: The place of an iteration, and the item or host that it was opened for.
-- gives parent int, number int, node int, item str?
SELECT frame.parent, frame.number, frame.node, frame.item
FROM frame
WHERE frame.run = ? AND frame.id = ?

-- wait_row: The due times of the wait before an attempt.
-- gives boot str, due_boot float, due float, length float?
SELECT wait.boot, wait.due_boot, wait.due, wait.length
FROM wait
WHERE wait.run = ? AND wait.frame = ? AND wait.node = ? AND wait.host = ? AND wait.iteration = ? AND wait.attempt = ?

-- pending: The waits in iterations under way after which nothing has begun yet, the soonest first.
-- gives frame int, node int, iteration int, attempt int, due float, length float?
SELECT wait.frame, wait.node, wait.iteration, wait.attempt, wait.due, wait.length
FROM wait
WHERE wait.run = ? AND NOT (EXISTS (SELECT 1
FROM attempt
WHERE attempt.run = wait.run AND attempt.frame = wait.frame AND attempt.node = wait.node AND attempt.iteration =
    wait.iteration AND attempt.number >= wait.attempt
LIMIT 1 OFFSET 0)) AND NOT (EXISTS (SELECT 1
FROM frame
WHERE frame.run = wait.run AND frame.parent = wait.frame AND frame.node = wait.node
LIMIT 1 OFFSET 0)) AND NOT (EXISTS (SELECT 1
FROM repeat
WHERE repeat.run = wait.run AND repeat.frame = wait.frame AND repeat.node = wait.node
LIMIT 1 OFFSET 0)) AND NOT (EXISTS (SELECT 1
FROM frame
WHERE frame.run = wait.run AND frame.id = wait.frame AND frame.status != 'active'
LIMIT 1 OFFSET 0))
ORDER BY wait.due, wait.frame, wait.node, wait.iteration

-- kept: The amount of each of its own pools that a run keeps.
-- gives pool str, amount int
SELECT hold.pool, hold.amount
FROM hold
WHERE hold.run = ? AND hold.frame = 0 AND hold.shared = 0
ORDER BY hold.pool

-- attempts: All attempts of a run, by time of start.
-- gives frame int, node int, iteration int, number int, state str, started float, ended float?, problem str?, log str?, value any?, recovery int
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.number, attempt.state, attempt.started, attempt.ended,
    attempt.problem, attempt.log, length(attempt.token) = 0 AND attempt.result IS NULL AS anon_1, attempt.recovery
FROM attempt
WHERE attempt.run = ?
ORDER BY attempt.started, attempt.frame, attempt.node, attempt.iteration, attempt.number

-- attempts_of_node: The attempts of one step, by time of start.
-- gives frame int, node int, iteration int, number int, state str, started float, ended float?, problem str?, log str?, value any?, recovery int
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.number, attempt.state, attempt.started, attempt.ended,
    attempt.problem, attempt.log, length(attempt.token) = 0 AND attempt.result IS NULL AS anon_1, attempt.recovery
FROM attempt
WHERE attempt.run = ? AND attempt.node = ?
ORDER BY attempt.started, attempt.frame, attempt.node, attempt.iteration, attempt.number

-- handed_over: The attempts without an outcome, each the last of its task.
-- gives frame int, node int, iteration int, token bytes
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.token
FROM attempt
WHERE attempt.run = ? AND attempt.state = 'active' AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))

-- around_handed_over: The attempts without an outcome of a run that has not succeeded, with the iterations around each.
-- gives task_frame int, task_node int, iteration int, parent int, node int, host any?
WITH RECURSIVE around(run, task_frame, task_node, iteration, id) AS
(SELECT attempt.run AS run, attempt.frame AS task_frame, attempt.node AS task_node, attempt.iteration AS iteration,
    attempt.frame AS id
FROM attempt
WHERE attempt.run = ? AND attempt.state = 'active' AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0)) UNION SELECT around.run AS run, around.task_frame AS task_frame, around.task_node AS task_node,
    around.iteration AS iteration, above.parent AS parent
FROM frame AS above JOIN around ON above.run = around.run AND above.id = around.id)
SELECT around.task_frame, around.task_node, around.iteration, frame.parent, frame.node, CASE WHEN (node.kind =
    'copies') THEN frame.item ELSE '' END AS host
FROM frame JOIN around ON frame.run = around.run AND frame.id = around.id JOIN run ON run.number = around.run JOIN
    node ON node.definition = run.definition AND node.id = frame.node
WHERE run.status != 'success'

-- success_count: The number of tasks that have succeeded; one that has succeeded again counts once.
-- gives count any?
SELECT count(*) AS count_1
FROM attempt
WHERE attempt.run = ? AND attempt.state = 'success' AND NOT (attempt.number > 1 AND (EXISTS (SELECT 1
FROM attempt AS earlier
WHERE earlier.run = attempt.run AND earlier.frame = attempt.frame AND earlier.node = attempt.node AND earlier.host =
    attempt.host AND earlier.iteration = attempt.iteration AND earlier.number < attempt.number AND earlier.state =
    'success'
LIMIT 1 OFFSET 0)))

-- failure_count: The number of tasks whose last attempts are failures.
-- gives count any?
SELECT count(*) AS count_1
FROM attempt
WHERE attempt.run = ? AND attempt.state = 'failure' AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))

-- failures: The tasks whose last attempt is a failure, by time of its start.
-- gives frame int, node int, iteration int, number int, state str, started float, ended float?, problem str?, log str?, value any?, recovery int
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.number, attempt.state, attempt.started, attempt.ended,
    attempt.problem, attempt.log, length(attempt.token) = 0 AND attempt.result IS NULL AS anon_1, attempt.recovery
FROM attempt
WHERE attempt.run = ? AND attempt.state = 'failure' AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
ORDER BY attempt.started, attempt.frame, attempt.node, attempt.iteration, attempt.number
LIMIT ? OFFSET 0

-- failures_of_step: The failures of one step within a frame.
-- gives frame int, node int, iteration int, number int, state str, started float, ended float?, problem str?, log str?, value any?, recovery int
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.number, attempt.state, attempt.started, attempt.ended,
    attempt.problem, attempt.log, length(attempt.token) = 0 AND attempt.result IS NULL AS anon_1, attempt.recovery
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.state = 'failure'
    AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
ORDER BY attempt.started, attempt.frame, attempt.node, attempt.iteration, attempt.number

-- failures_inside: The failures in the iterations of one container within a frame.
-- gives frame int, node int, iteration int, number int, state str, started float, ended float?, problem str?, log str?, value any?, recovery int
WITH RECURSIVE inside(run, id) AS
(SELECT frame.run AS run, frame.id AS id
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? UNION ALL SELECT further.run AS run, further.id AS id
FROM frame AS further, inside
WHERE further.run = inside.run AND further.parent = inside.id)
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.number, attempt.state, attempt.started, attempt.ended,
    attempt.problem, attempt.log, length(attempt.token) = 0 AND attempt.result IS NULL AS anon_1, attempt.recovery
FROM attempt, inside
WHERE attempt.run = inside.run AND attempt.frame = inside.id AND attempt.state = 'failure' AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
ORDER BY attempt.started, attempt.frame, attempt.node, attempt.iteration, attempt.number

-- container_problems: The problems of containers that failed without a failed attempt; at most so many.
-- gives frame int, node int, problem str?
SELECT repeat.frame, repeat.node, repeat.problem
FROM repeat
WHERE repeat.run = ? AND repeat.problem IS NOT NULL
ORDER BY repeat.frame, repeat.node
LIMIT ? OFFSET 0

-- == The state that a recovery starts from ==

-- task_attempts: The attempts of one task, in order.
-- gives number int, state str, verdict int?, recovery int, begun float?, token bytes
SELECT attempt.number, attempt.state, attempt.verdict, attempt.recovery, attempt.begun, attempt.token
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration = ?
ORDER BY attempt.number

-- attempt_end: The beginning, the end and the problem of one attempt.
-- gives started float, ended float?, problem str?
SELECT attempt.started, attempt.ended, attempt.problem
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration = ? AND
    attempt.number = ?

-- problem: The problem of one attempt.
-- gives problem str?
SELECT attempt.problem
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration = ? AND
    attempt.number = ?

-- result_at: The result of one attempt.
-- gives result str?
SELECT attempt.result
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration = ? AND
    attempt.number = ?

-- begun_nodes: The nodes that have rows.
-- gives node int
SELECT DISTINCT attempt.node
FROM attempt
WHERE attempt.run = ? UNION SELECT DISTINCT frame.node
FROM frame
WHERE frame.run = ? UNION SELECT DISTINCT repeat.node
FROM repeat
WHERE repeat.run = ?

-- succeeded_nodes: The steps that have succeeded.
-- gives node int
SELECT DISTINCT attempt.node
FROM attempt
WHERE attempt.run = ? AND attempt.state = 'success'

-- tasks_by_state: How many tasks of each step have a last attempt of each state.
-- gives node int, state str, count any?
SELECT attempt.node, attempt.state, count(*) AS count_1
FROM attempt
WHERE attempt.run = ? AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
GROUP BY attempt.node, attempt.state

-- frames_by_status: How many iterations of each container are in each status.
-- gives node int, status str, count any?
SELECT frame.node, frame.status, count(*) AS count_1
FROM frame
WHERE frame.run = ?
GROUP BY frame.node, frame.status

-- frame_row: An iteration.
-- gives id int, status str
SELECT frame.id, frame.status
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? AND frame.number = ?

-- frame_numbers: The numbers of a container's iterations.
-- gives number int
SELECT frame.number
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ?
ORDER BY frame.number

-- last_frame: The last iteration of a container.
-- gives number int
SELECT frame.number
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ?
ORDER BY frame.number DESC
LIMIT 1 OFFSET 0

-- frame_count: The number of a container's iterations.
-- gives count any?
SELECT count(*) AS count_1
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ?

-- open_frames: The iterations of a container that are not a success.
-- gives number int, id int, status str
SELECT frame.number, frame.id, frame.status
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? AND frame.status != 'success'
ORDER BY frame.number

-- all_frames: The iterations of a container.
-- gives number int, id int, status str
SELECT frame.number, frame.id, frame.status
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ?
ORDER BY frame.number

-- step_numbers: The numbers of a repeated step's iterations.
-- gives iteration int
SELECT attempt.iteration
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration > 0
GROUP BY attempt.iteration
ORDER BY attempt.iteration

-- last_iteration: The last iteration of a repeated step.
-- gives iteration int
SELECT attempt.iteration
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration > 0 AND
    attempt.number = 1
ORDER BY attempt.iteration DESC
LIMIT 1 OFFSET 0

-- iteration_count: The number of a repeated step's iterations.
-- gives count any?
SELECT count(*) AS count_1
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration > 0 AND
    attempt.number = 1

-- span_of_step: The recoveries in which a repeated step has attempts.
-- gives max any?, max any?
SELECT max(attempt.recovery) AS max_1, max(CASE WHEN (length(attempt.token) > 0 AND attempt.state != 'superseded')
    THEN attempt.recovery END) AS max_2
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration > 0

-- span_of_frames: The recoveries in which anything in a container has attempts, however deep.
-- gives max any?, max any?
WITH RECURSIVE inside(run, id) AS
(SELECT frame.run AS run, frame.id AS id
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? UNION ALL SELECT frame.run AS run, frame.id AS id
FROM frame JOIN inside ON frame.run = inside.run AND frame.parent = inside.id)
SELECT max(attempt.recovery) AS max_1, max(CASE WHEN (length(attempt.token) > 0 AND attempt.state != 'superseded')
    THEN attempt.recovery END) AS max_2
FROM inside JOIN attempt ON attempt.run = inside.run AND attempt.frame = inside.id

-- frames_inside: The iterations of a container, and all that are in them, however deep.
-- gives id int
WITH RECURSIVE inside(run, id) AS
(SELECT frame.run AS run, frame.id AS id
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? UNION ALL SELECT frame.run AS run, frame.id AS id
FROM frame JOIN inside ON frame.run = inside.run AND frame.parent = inside.id)
SELECT inside.id
FROM inside

-- open_iterations: The iterations of a repeated step whose last attempt is not a success.
-- gives iteration int
SELECT attempt.iteration
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration > 0 AND
    attempt.state != 'success' AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
ORDER BY attempt.iteration

-- until_of_steps: Whether the last attempt of an iteration of a repeated step is a success with a truthy result.
-- gives iteration int
SELECT attempt.iteration
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration > 0 AND
    attempt.state = 'success' AND attempt.verdict = 2 AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
LIMIT 1 OFFSET 0

-- until_of_frames: Whether an iteration that succeeded holds a success of that step with a truthy result.
-- gives number int
SELECT frame.number
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? AND frame.status = 'success' AND (EXISTS (SELECT 1
FROM attempt
WHERE attempt.run = frame.run AND attempt.frame = frame.id AND attempt.node = ? AND attempt.host = '' AND
    attempt.iteration = 0 AND attempt.state = 'success' AND attempt.verdict = 2
LIMIT 1 OFFSET 0))
LIMIT 1 OFFSET 0

-- == Pages about a run ==

-- task_page: Some of the tasks of a step that have begun, in the order in which their iterations began.
-- gives frame int, node int, iteration int, number int, state str, started float, ended float?, problem str?, log str?, value any?, recovery int
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.number, attempt.state, attempt.started, attempt.ended,
    attempt.problem, attempt.log, length(attempt.token) = 0 AND attempt.result IS NULL AS anon_1, attempt.recovery
FROM attempt
WHERE attempt.run = ? AND attempt.node + 0 = ? AND attempt.state >= ? AND attempt.state <= ? AND attempt.iteration >=
    ? AND attempt.iteration <= ? AND (attempt.frame, attempt.iteration) > (?, ?) AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
ORDER BY attempt.frame, attempt.node, attempt.host, attempt.iteration
LIMIT ? OFFSET 0

-- task_page_inside: Some of the tasks of a step within an iteration of a container.
-- gives frame int, node int, iteration int, number int, state str, started float, ended float?, problem str?, log str?, value any?, recovery int
WITH RECURSIVE inside(run, id, number) AS
(SELECT frame.run AS run, frame.id AS id, frame.number AS number
FROM frame
WHERE frame.run = ? AND frame.id = ? UNION ALL SELECT frame.run AS run, frame.id AS id, inside.number AS number
FROM frame JOIN inside ON frame.run = inside.run AND frame.parent = inside.id)
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.number, attempt.state, attempt.started, attempt.ended,
    attempt.problem, attempt.log, length(attempt.token) = 0 AND attempt.result IS NULL AS anon_1, attempt.recovery
FROM attempt JOIN inside ON attempt.run = inside.run AND attempt.frame = inside.id
WHERE attempt.node + 0 = ? AND attempt.state >= ? AND attempt.state <= ? AND attempt.iteration >= ? AND
    attempt.iteration <= ? AND (attempt.frame, attempt.iteration) > (?, ?) AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
ORDER BY attempt.frame, attempt.node, attempt.host, attempt.iteration
LIMIT ? OFFSET 0

-- unsuccessful_by_iteration: How many tasks of a step, in each iteration of a container, have each state but success.
-- gives number int, state str, count any?
WITH RECURSIVE inside(run, id, number) AS
(SELECT frame.run AS run, frame.id AS id, frame.number AS number
FROM frame
WHERE frame.run = ? AND frame.parent = ? AND frame.node = ? UNION ALL SELECT frame.run AS run, frame.id AS id,
    inside.number AS number
FROM frame JOIN inside ON frame.run = inside.run AND frame.parent = inside.id)
SELECT inside.number, attempt.state, count(*) AS count_1
FROM attempt JOIN inside ON attempt.run = inside.run AND attempt.frame = inside.id
WHERE attempt.node = ? AND attempt.state != 'success' AND NOT (EXISTS (SELECT 1
FROM attempt AS next
WHERE next.run = attempt.run AND next.frame = attempt.frame AND next.node = attempt.node AND next.host = attempt.host
    AND next.iteration = attempt.iteration AND next.number > attempt.number
LIMIT 1 OFFSET 0))
GROUP BY inside.number, attempt.state

-- attempts_by_time: By step, piece of time and state: how many attempts began, their first beginning, last end and seconds.
-- gives node int, piece any?, state str, count any?, min any?, max any?, sum any?
SELECT attempt.node, CAST(CASE WHEN (attempt.started > ?) THEN attempt.started - ? ELSE 0 END / (? + 0.0) AS INTEGER)
    AS piece, attempt.state, count(*) AS count_1, min(attempt.started) AS min_1, max(coalesce(attempt.ended, CASE WHEN
    (attempt.state = 'active') THEN ? ELSE attempt.started END)) AS max_1, sum(CASE WHEN (attempt.ended >
    attempt.started) THEN attempt.ended - attempt.started ELSE 0 END) AS sum_1
FROM attempt
WHERE attempt.run = ?
GROUP BY attempt.node, piece, attempt.state

-- attempts_of_task: The attempts of a task, in order.
-- gives frame int, node int, iteration int, number int, state str, started float, ended float?, problem str?, log str?, value any?, recovery int
SELECT attempt.frame, attempt.node, attempt.iteration, attempt.number, attempt.state, attempt.started, attempt.ended,
    attempt.problem, attempt.log, length(attempt.token) = 0 AND attempt.result IS NULL AS anon_1, attempt.recovery
FROM attempt
WHERE attempt.run = ? AND attempt.frame = ? AND attempt.node = ? AND attempt.host = '' AND attempt.iteration = ?
ORDER BY attempt.number

-- == Amounts that tasks and containers hold ==

-- put_hold: Write the amount of a pool that a task, a container or the run holds.
INSERT INTO hold (run, frame, node, host, iteration, pool, amount, shared)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run, frame, node, host, iteration, pool) DO UPDATE
SET amount = excluded.amount, shared = excluded.shared

-- drop_hold: Remove a hold, also one for attempts that have lost their task.
DELETE FROM hold
WHERE hold.run = ? AND hold.frame = ? AND hold.node = ? AND hold.iteration = ? AND hold.pool = ?

-- give_to_orphans: Keep the amounts of a task or container for attempts that have lost it, in a frame of their own.
UPDATE hold
SET frame=?, host=?
WHERE hold.run = ? AND hold.frame = ? AND hold.node = ? AND hold.iteration = ?

-- put_orphans: Write the attempts for which amounts are still kept that have lost their task or container.
UPDATE hold
SET host=?
WHERE hold.run = ? AND hold.frame = ?

-- task_holds: The amounts that a run's tasks and containers hold.
-- gives frame int, node int, iteration int, pool str, amount int, shared int
SELECT hold.frame, hold.node, hold.iteration, hold.pool, hold.amount, hold.shared
FROM hold
WHERE hold.run = ? AND hold.frame != 0
ORDER BY hold.frame, hold.node, hold.pool

-- orphan_holds: The amounts that are kept for attempts on hosts that have lost their tasks, in a run that has not succeeded.
-- gives frame int, node int, iteration int, host str, pool str, amount int, shared int
SELECT hold.frame, hold.node, hold.iteration, hold.host, hold.pool, hold.amount, hold.shared
FROM hold JOIN run ON run.number = hold.run
WHERE hold.run = ? AND hold.frame < 0 AND run.status != 'success'
ORDER BY hold.frame DESC, hold.pool

-- == Pools that several runs share ==

-- holds: The amounts of shared pools that runs hold.
-- gives run int, frame int, node int, iteration int, pool str, amount int
SELECT hold.run, hold.frame, hold.node, hold.iteration, hold.pool, hold.amount
FROM hold
WHERE hold.shared = 1

-- tickets: The requests that wait for shared pools, of runs that have not ended.
-- gives number int, run int, frame int, node int, iteration int, amounts str, priority int, around str
SELECT ticket.number, ticket.run, ticket.frame, ticket.node, ticket.iteration, ticket.amounts, ticket.priority,
    ticket.around
FROM ticket JOIN run ON ticket.run = run.number
WHERE run.status = 'running'
ORDER BY ticket.number

-- insert_ticket: Add a request that waits.
INSERT INTO ticket (run, frame, node, host, iteration, amounts, priority, around)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- drop_ticket: Remove a request that waits no more.
DELETE FROM ticket
WHERE ticket.run = ? AND ticket.frame = ? AND ticket.node = ? AND ticket.host = ? AND ticket.iteration = ?

-- drop_tickets: Remove the requests of a run, except the one for amounts that it had kept.
DELETE FROM ticket
WHERE ticket.run = ? AND ticket.frame != 0

-- kept_shares: The amounts that a run keeps of shared pools.
-- gives pool str, amount int
SELECT hold.pool, hold.amount
FROM hold
WHERE hold.run = ? AND hold.shared = 1 AND hold.frame = 0
ORDER BY hold.pool

-- drop_kept_shares: Remove the amounts that a run keeps of shared pools.
DELETE FROM hold
WHERE hold.run = ? AND hold.shared = 1 AND hold.frame = 0

-- wanted_again: The amounts that a run had kept of shared pools, and waits for.
-- gives amounts str
SELECT ticket.amounts
FROM ticket
WHERE ticket.run = ? AND ticket.frame = 0

-- put_pool: Set the size that a run gives a shared pool.
INSERT INTO pool (run, name, capacity)
VALUES (?, ?, ?)
ON CONFLICT (run, name) DO UPDATE
SET capacity = excluded.capacity

-- other_sizes: The other runs that have not ended and give a pool another size.
-- gives number int, id str, capacity int
SELECT run.number, run.id, pool.capacity
FROM pool JOIN run ON pool.run = run.number
WHERE run.status = 'running' AND pool.name = ? AND run.number != ? AND pool.capacity != ?
ORDER BY run.number

-- sizes: The sizes that runs which have not ended give shared pools.
-- gives run int, name str, capacity int
SELECT pool.run, pool.name, pool.capacity
FROM pool JOIN run ON pool.run = run.number
WHERE run.status = 'running'

-- wanted: The amounts of shared pools for which runs wait, with the numbers of the runs.
-- gives run int, amounts str
SELECT ticket.run, ticket.amounts
FROM ticket
ORDER BY ticket.number

-- == Interventions of people ==

-- last_intervention: The number of a run's last intervention.
-- gives max any?
SELECT max(intervention.number) AS max_1
FROM intervention
WHERE intervention.run = ?

-- insert_intervention: Add an intervention.
INSERT INTO intervention (run, number, at, request)
VALUES (?, ?, ?, ?)

-- interventions: All interventions in a run, in the order in which they were asked for.
-- gives number int, at float, request str, decision str?
SELECT intervention.number, intervention.at, intervention.request, intervention.decision
FROM intervention
WHERE intervention.run = ?
ORDER BY intervention.number

-- open_interventions: The interventions in a run that were neither applied nor refused, in order.
-- gives number int, at float, request str, decision str?
SELECT intervention.number, intervention.at, intervention.request, intervention.decision
FROM intervention
WHERE intervention.run = ? AND intervention.decision IS NULL
ORDER BY intervention.number

-- decide_intervention: Write what became of an intervention.
UPDATE intervention
SET decision=?
WHERE intervention.run = ? AND intervention.number = ?

-- == Notes and artifacts ==

-- put_note: Add a note or an artifact; repeated, it changes nothing.
INSERT INTO note (run, frame, node, host, iteration, attempt, number, part)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING

-- notes: All notes and artifacts of a run, by step, iteration and attempt.
-- gives frame int, node int, iteration int, attempt int, number int, part str
SELECT note.frame, note.node, note.iteration, note.attempt, note.number, note.part
FROM note
WHERE note.run = ?
ORDER BY note.frame, note.node, note.iteration, note.attempt, note.number

-- note_page: Some of the notes and artifacts of a run, after one of them.
-- gives frame int, node int, iteration int, attempt int, number int, part str
SELECT note.frame, note.node, note.iteration, note.attempt, note.number, note.part
FROM note
WHERE note.run = ? AND (note.frame, note.node, note.host, note.iteration, note.attempt, note.number) > (?, ?, '', ?,
    ?, ?)
ORDER BY note.frame, note.node, note.host, note.iteration, note.attempt, note.number
LIMIT ? OFFSET 0

-- notes_of_task: The notes and artifacts of a task, in order.
-- gives frame int, node int, iteration int, attempt int, number int, part str
SELECT note.frame, note.node, note.iteration, note.attempt, note.number, note.part
FROM note
WHERE note.run = ? AND note.frame = ? AND note.node = ? AND note.host = '' AND note.iteration = ?
ORDER BY note.attempt, note.number

-- drop_notes_of_frame: Remove the notes of all attempts in an iteration.
DELETE FROM note
WHERE note.run = ? AND note.frame = ?

-- drop_notes_of_step: Remove the notes of all attempts of a repeated step.
DELETE FROM note
WHERE note.run = ? AND note.frame = ? AND note.node = ?

-- == Checking that rows are as they were written ==

-- tally_run: The tally of all rows of a run.
SELECT count(*), CAST(coalesce(sum(coalesce(made * made % 2147483647, -1) + coalesce(further * further % 2147483647,
    0)), 0) AS BIGINT) FROM (SELECT (frame * 1000003 + node * 7919 + iteration * 104729 + number * 1299709 + recovery
    * 611953 + length(token) * 7907 + CASE WHEN length(host) > 0 THEN 7817 ELSE 0 END + CAST(started * 1000 AS
    INTEGER)) % 2147483647 AS made, coalesce((frame * 1000033 + node * 7927 + iteration * 104743 + number * 1299721 +
    CASE state WHEN 'success' THEN 4508287219 WHEN 'cancelled' THEN 3882867165 WHEN 'failure' THEN 3999138995 WHEN
    'outdated' THEN 4352238184 WHEN 'ready' THEN 4467898057 WHEN 'skipped' THEN 4508287219 WHEN 'superseded' THEN
    4510123090 WHEN 'waiting' THEN 4664948211 END + coalesce(verdict, -1) * 7879 + CASE WHEN result IS NULL THEN 7867
    ELSE 0 END + CASE WHEN problem IS NULL THEN 7853 ELSE 0 END + CAST(ended * 1000 AS INTEGER)) % 2147483647, CASE
    WHEN state <> 'active' AND state NOT IN ('success', 'cancelled', 'failure', 'outdated', 'ready', 'skipped',
    'superseded', 'waiting') THEN CAST(7 AS BIGINT) END) AS further FROM attempt
WHERE run = ?
UNION ALL SELECT (parent * 1000037 + node * 7933 + number * 104759 + id * 1299743 + CASE WHEN item IS NULL THEN 7841
    ELSE 0 END) % 2147483647 AS made, coalesce((parent * 1000039 + node * 7949 + number * 104761 + CASE status WHEN
    'success' THEN 4508434559 WHEN 'cancelled' THEN 3882994065 WHEN 'failure' THEN 3999269695 WHEN 'outdated' THEN
    4352380424 WHEN 'ready' THEN 4468044077 WHEN 'skipped' THEN 4508434559 WHEN 'superseded' THEN 4510270490 WHEN
    'waiting' THEN 4665100671 END) % 2147483647, CASE WHEN status <> 'active' AND status NOT IN ('success',
    'cancelled', 'failure', 'outdated', 'ready', 'skipped', 'superseded', 'waiting') THEN CAST(7 AS BIGINT) END) AS
    further FROM frame
WHERE run = ?
UNION ALL SELECT (frame * 1000081 + node * 7937 + CASE WHEN items IS NULL THEN 7829 ELSE 0 END + CASE WHEN problem IS
    NULL THEN 7823 ELSE 0 END + coalesce(unicode(status) * 64 + length(status), 0) * 611993) % 2147483647 AS made,
    CASE WHEN status <> 'active' AND status NOT IN ('success', 'cancelled', 'failure', 'outdated', 'ready', 'skipped',
    'superseded', 'waiting') THEN CAST(7 AS BIGINT) END AS further FROM repeat
WHERE run = ?
UNION ALL SELECT (frame * 1000099 + node * 7951 + iteration * 104773 + attempt * 1299763 + length(boot) * 7817 +
    CAST(due * 1000 AS INTEGER) + CAST(due_boot * 1000 AS INTEGER) * 3 + coalesce(CAST(length * 1000 AS INTEGER), -1)
    * 7) % 2147483647 AS made, CAST(0 AS BIGINT) AS further FROM wait
WHERE run = ?
UNION ALL SELECT (amount * 1000117 + length(pool) * 7793 + coalesce(unicode(substr(pool, 1, 1)), 0) * 104780 +
    coalesce(unicode(substr(pool, 2, 1)), 0) * 104781 + coalesce(unicode(substr(pool, 3, 1)), 0) * 104782 +
    coalesce(unicode(substr(pool, 4, 1)), 0) * 104783 + coalesce(unicode(substr(pool, 5, 1)), 0) * 104784 +
    coalesce(unicode(substr(pool, 6, 1)), 0) * 104785 + coalesce(unicode(substr(pool, 7, 1)), 0) * 104786 +
    coalesce(unicode(substr(pool, 8, 1)), 0) * 104787 + coalesce(unicode(substr(pool, 9, 1)), 0) * 104788 +
    coalesce(unicode(substr(pool, 10, 1)), 0) * 104789 + coalesce(unicode(substr(pool, 11, 1)), 0) * 104790 +
    coalesce(unicode(substr(pool, 12, 1)), 0) * 104791 + coalesce(unicode(substr(pool, 13, 1)), 0) * 104792 +
    coalesce(unicode(substr(pool, 14, 1)), 0) * 104793 + coalesce(unicode(substr(pool, 15, 1)), 0) * 104794 +
    coalesce(unicode(substr(pool, 16, 1)), 0) * 104795 + coalesce(unicode(substr(pool, 17, 1)), 0) * 104796 +
    coalesce(unicode(substr(pool, 18, 1)), 0) * 104797 + coalesce(unicode(substr(pool, 19, 1)), 0) * 104798 +
    coalesce(unicode(substr(pool, 20, 1)), 0) * 104799 + coalesce(unicode(substr(pool, 21, 1)), 0) * 104800 +
    coalesce(unicode(substr(pool, 22, 1)), 0) * 104801 + coalesce(unicode(substr(pool, 23, 1)), 0) * 104802 +
    coalesce(unicode(substr(pool, 24, 1)), 0) * 104803 + coalesce(unicode(substr(pool, 25, 1)), 0) * 104804 +
    coalesce(unicode(substr(pool, 26, 1)), 0) * 104805 + coalesce(unicode(substr(pool, 27, 1)), 0) * 104806 +
    coalesce(unicode(substr(pool, 28, 1)), 0) * 104807 + coalesce(unicode(substr(pool, 29, 1)), 0) * 104808 +
    coalesce(unicode(substr(pool, 30, 1)), 0) * 104809 + coalesce(unicode(substr(pool, 31, 1)), 0) * 104810 +
    coalesce(unicode(substr(pool, 32, 1)), 0) * 104811 + coalesce(unicode(substr(pool, 33, 1)), 0) * 104812 +
    coalesce(unicode(substr(pool, 34, 1)), 0) * 104813 + coalesce(unicode(substr(pool, 35, 1)), 0) * 104814 +
    coalesce(unicode(substr(pool, 36, 1)), 0) * 104815 + coalesce(unicode(substr(pool, 37, 1)), 0) * 104816 +
    coalesce(unicode(substr(pool, 38, 1)), 0) * 104817 + coalesce(unicode(substr(pool, 39, 1)), 0) * 104818 +
    coalesce(unicode(substr(pool, 40, 1)), 0) * 104819 + coalesce(unicode(substr(pool, 41, 1)), 0) * 104820 +
    coalesce(unicode(substr(pool, 42, 1)), 0) * 104821 + coalesce(unicode(substr(pool, 43, 1)), 0) * 104822 +
    coalesce(unicode(substr(pool, 44, 1)), 0) * 104823 + coalesce(unicode(substr(pool, 45, 1)), 0) * 104824 +
    coalesce(unicode(substr(pool, 46, 1)), 0) * 104825 + coalesce(unicode(substr(pool, 47, 1)), 0) * 104826 +
    coalesce(unicode(substr(pool, 48, 1)), 0) * 104827 + coalesce(unicode(substr(pool, 49, 1)), 0) * 104828 +
    coalesce(unicode(substr(pool, 50, 1)), 0) * 104829 + coalesce(unicode(substr(pool, 51, 1)), 0) * 104830 +
    coalesce(unicode(substr(pool, 52, 1)), 0) * 104831 + coalesce(unicode(substr(pool, 53, 1)), 0) * 104832 +
    coalesce(unicode(substr(pool, 54, 1)), 0) * 104833 + coalesce(unicode(substr(pool, 55, 1)), 0) * 104834 +
    coalesce(unicode(substr(pool, 56, 1)), 0) * 104835 + coalesce(unicode(substr(pool, 57, 1)), 0) * 104836 +
    coalesce(unicode(substr(pool, 58, 1)), 0) * 104837 + coalesce(unicode(substr(pool, 59, 1)), 0) * 104838 +
    coalesce(unicode(substr(pool, 60, 1)), 0) * 104839 + coalesce(unicode(substr(pool, 61, 1)), 0) * 104840 +
    coalesce(unicode(substr(pool, 62, 1)), 0) * 104841 + coalesce(unicode(substr(pool, 63, 1)), 0) * 104842 +
    coalesce(unicode(substr(pool, 64, 1)), 0) * 104843) % 2147483647 AS made, CAST(0 AS BIGINT) AS further FROM hold
WHERE run = ? AND frame = 0 AND shared = 0) AS numbered

-- tally_repeats: The tally of a run's repeats.
SELECT count(*), CAST(coalesce(sum(coalesce(made * made % 2147483647, -1) + coalesce(further * further % 2147483647,
    0)), 0) AS BIGINT) FROM (SELECT (frame * 1000081 + node * 7937 + CASE WHEN items IS NULL THEN 7829 ELSE 0 END +
    CASE WHEN problem IS NULL THEN 7823 ELSE 0 END + coalesce(unicode(status) * 64 + length(status), 0) * 611993) %
    2147483647 AS made, CASE WHEN status <> 'active' AND status NOT IN ('success', 'cancelled', 'failure', 'outdated',
    'ready', 'skipped', 'superseded', 'waiting') THEN CAST(7 AS BIGINT) END AS further FROM repeat
WHERE run = ?) AS numbered

-- tally_attempt: The tally of one attempt.
SELECT count(*), CAST(coalesce(sum(coalesce(made * made % 2147483647, -1) + coalesce(further * further % 2147483647,
    0)), 0) AS BIGINT) FROM (SELECT (frame * 1000003 + node * 7919 + iteration * 104729 + number * 1299709 + recovery
    * 611953 + length(token) * 7907 + CASE WHEN length(host) > 0 THEN 7817 ELSE 0 END + CAST(started * 1000 AS
    INTEGER)) % 2147483647 AS made, coalesce((frame * 1000033 + node * 7927 + iteration * 104743 + number * 1299721 +
    CASE state WHEN 'success' THEN 4508287219 WHEN 'cancelled' THEN 3882867165 WHEN 'failure' THEN 3999138995 WHEN
    'outdated' THEN 4352238184 WHEN 'ready' THEN 4467898057 WHEN 'skipped' THEN 4508287219 WHEN 'superseded' THEN
    4510123090 WHEN 'waiting' THEN 4664948211 END + coalesce(verdict, -1) * 7879 + CASE WHEN result IS NULL THEN 7867
    ELSE 0 END + CASE WHEN problem IS NULL THEN 7853 ELSE 0 END + CAST(ended * 1000 AS INTEGER)) % 2147483647, CASE
    WHEN state <> 'active' AND state NOT IN ('success', 'cancelled', 'failure', 'outdated', 'ready', 'skipped',
    'superseded', 'waiting') THEN CAST(7 AS BIGINT) END) AS further FROM attempt
WHERE run = ? AND frame = ? AND node = ? AND host = ? AND iteration = ? AND number = ?) AS numbered

-- tally_earlier: The tally of the attempts of a task before one.
SELECT count(*), CAST(coalesce(sum(coalesce(made * made % 2147483647, -1) + coalesce(further * further % 2147483647,
    0)), 0) AS BIGINT) FROM (SELECT (frame * 1000003 + node * 7919 + iteration * 104729 + number * 1299709 + recovery
    * 611953 + length(token) * 7907 + CASE WHEN length(host) > 0 THEN 7817 ELSE 0 END + CAST(started * 1000 AS
    INTEGER)) % 2147483647 AS made, coalesce((frame * 1000033 + node * 7927 + iteration * 104743 + number * 1299721 +
    CASE state WHEN 'success' THEN 4508287219 WHEN 'cancelled' THEN 3882867165 WHEN 'failure' THEN 3999138995 WHEN
    'outdated' THEN 4352238184 WHEN 'ready' THEN 4467898057 WHEN 'skipped' THEN 4508287219 WHEN 'superseded' THEN
    4510123090 WHEN 'waiting' THEN 4664948211 END + coalesce(verdict, -1) * 7879 + CASE WHEN result IS NULL THEN 7867
    ELSE 0 END + CASE WHEN problem IS NULL THEN 7853 ELSE 0 END + CAST(ended * 1000 AS INTEGER)) % 2147483647, CASE
    WHEN state <> 'active' AND state NOT IN ('success', 'cancelled', 'failure', 'outdated', 'ready', 'skipped',
    'superseded', 'waiting') THEN CAST(7 AS BIGINT) END) AS further FROM attempt
WHERE run = ? AND frame = ? AND node = ? AND host = ? AND iteration = ? AND number < ?) AS numbered

-- tally_repeat: The tally of one repeat.
SELECT count(*), CAST(coalesce(sum(coalesce(made * made % 2147483647, -1) + coalesce(further * further % 2147483647,
    0)), 0) AS BIGINT) FROM (SELECT (frame * 1000081 + node * 7937 + CASE WHEN items IS NULL THEN 7829 ELSE 0 END +
    CASE WHEN problem IS NULL THEN 7823 ELSE 0 END + coalesce(unicode(status) * 64 + length(status), 0) * 611993) %
    2147483647 AS made, CASE WHEN status <> 'active' AND status NOT IN ('success', 'cancelled', 'failure', 'outdated',
    'ready', 'skipped', 'superseded', 'waiting') THEN CAST(7 AS BIGINT) END AS further FROM repeat
WHERE run = ? AND frame = ? AND node = ?) AS numbered

-- tally_wait: The tally of one wait.
SELECT count(*), CAST(coalesce(sum(coalesce(made * made % 2147483647, -1) + coalesce(further * further % 2147483647,
    0)), 0) AS BIGINT) FROM (SELECT (frame * 1000099 + node * 7951 + iteration * 104773 + attempt * 1299763 +
    length(boot) * 7817 + CAST(due * 1000 AS INTEGER) + CAST(due_boot * 1000 AS INTEGER) * 3 + coalesce(CAST(length *
    1000 AS INTEGER), -1) * 7) % 2147483647 AS made, CAST(0 AS BIGINT) AS further FROM wait
WHERE run = ? AND frame = ? AND node = ? AND host = ? AND iteration = ? AND attempt = ?) AS numbered

-- tally_kept_pool: The tally of the amount that a run keeps of one pool.
SELECT count(*), CAST(coalesce(sum(coalesce(made * made % 2147483647, -1) + coalesce(further * further % 2147483647,
    0)), 0) AS BIGINT) FROM (SELECT (amount * 1000117 + length(pool) * 7793 + coalesce(unicode(substr(pool, 1, 1)), 0)
    * 104780 + coalesce(unicode(substr(pool, 2, 1)), 0) * 104781 + coalesce(unicode(substr(pool, 3, 1)), 0) * 104782 +
    coalesce(unicode(substr(pool, 4, 1)), 0) * 104783 + coalesce(unicode(substr(pool, 5, 1)), 0) * 104784 +
    coalesce(unicode(substr(pool, 6, 1)), 0) * 104785 + coalesce(unicode(substr(pool, 7, 1)), 0) * 104786 +
    coalesce(unicode(substr(pool, 8, 1)), 0) * 104787 + coalesce(unicode(substr(pool, 9, 1)), 0) * 104788 +
    coalesce(unicode(substr(pool, 10, 1)), 0) * 104789 + coalesce(unicode(substr(pool, 11, 1)), 0) * 104790 +
    coalesce(unicode(substr(pool, 12, 1)), 0) * 104791 + coalesce(unicode(substr(pool, 13, 1)), 0) * 104792 +
    coalesce(unicode(substr(pool, 14, 1)), 0) * 104793 + coalesce(unicode(substr(pool, 15, 1)), 0) * 104794 +
    coalesce(unicode(substr(pool, 16, 1)), 0) * 104795 + coalesce(unicode(substr(pool, 17, 1)), 0) * 104796 +
    coalesce(unicode(substr(pool, 18, 1)), 0) * 104797 + coalesce(unicode(substr(pool, 19, 1)), 0) * 104798 +
    coalesce(unicode(substr(pool, 20, 1)), 0) * 104799 + coalesce(unicode(substr(pool, 21, 1)), 0) * 104800 +
    coalesce(unicode(substr(pool, 22, 1)), 0) * 104801 + coalesce(unicode(substr(pool, 23, 1)), 0) * 104802 +
    coalesce(unicode(substr(pool, 24, 1)), 0) * 104803 + coalesce(unicode(substr(pool, 25, 1)), 0) * 104804 +
    coalesce(unicode(substr(pool, 26, 1)), 0) * 104805 + coalesce(unicode(substr(pool, 27, 1)), 0) * 104806 +
    coalesce(unicode(substr(pool, 28, 1)), 0) * 104807 + coalesce(unicode(substr(pool, 29, 1)), 0) * 104808 +
    coalesce(unicode(substr(pool, 30, 1)), 0) * 104809 + coalesce(unicode(substr(pool, 31, 1)), 0) * 104810 +
    coalesce(unicode(substr(pool, 32, 1)), 0) * 104811 + coalesce(unicode(substr(pool, 33, 1)), 0) * 104812 +
    coalesce(unicode(substr(pool, 34, 1)), 0) * 104813 + coalesce(unicode(substr(pool, 35, 1)), 0) * 104814 +
    coalesce(unicode(substr(pool, 36, 1)), 0) * 104815 + coalesce(unicode(substr(pool, 37, 1)), 0) * 104816 +
    coalesce(unicode(substr(pool, 38, 1)), 0) * 104817 + coalesce(unicode(substr(pool, 39, 1)), 0) * 104818 +
    coalesce(unicode(substr(pool, 40, 1)), 0) * 104819 + coalesce(unicode(substr(pool, 41, 1)), 0) * 104820 +
    coalesce(unicode(substr(pool, 42, 1)), 0) * 104821 + coalesce(unicode(substr(pool, 43, 1)), 0) * 104822 +
    coalesce(unicode(substr(pool, 44, 1)), 0) * 104823 + coalesce(unicode(substr(pool, 45, 1)), 0) * 104824 +
    coalesce(unicode(substr(pool, 46, 1)), 0) * 104825 + coalesce(unicode(substr(pool, 47, 1)), 0) * 104826 +
    coalesce(unicode(substr(pool, 48, 1)), 0) * 104827 + coalesce(unicode(substr(pool, 49, 1)), 0) * 104828 +
    coalesce(unicode(substr(pool, 50, 1)), 0) * 104829 + coalesce(unicode(substr(pool, 51, 1)), 0) * 104830 +
    coalesce(unicode(substr(pool, 52, 1)), 0) * 104831 + coalesce(unicode(substr(pool, 53, 1)), 0) * 104832 +
    coalesce(unicode(substr(pool, 54, 1)), 0) * 104833 + coalesce(unicode(substr(pool, 55, 1)), 0) * 104834 +
    coalesce(unicode(substr(pool, 56, 1)), 0) * 104835 + coalesce(unicode(substr(pool, 57, 1)), 0) * 104836 +
    coalesce(unicode(substr(pool, 58, 1)), 0) * 104837 + coalesce(unicode(substr(pool, 59, 1)), 0) * 104838 +
    coalesce(unicode(substr(pool, 60, 1)), 0) * 104839 + coalesce(unicode(substr(pool, 61, 1)), 0) * 104840 +
    coalesce(unicode(substr(pool, 62, 1)), 0) * 104841 + coalesce(unicode(substr(pool, 63, 1)), 0) * 104842 +
    coalesce(unicode(substr(pool, 64, 1)), 0) * 104843) % 2147483647 AS made, CAST(0 AS BIGINT) AS further FROM hold
WHERE run = ? AND pool = ? AND frame = 0 AND shared = 0) AS numbered

-- attempts_by_place: The steps of attempts, and the containers of the iterations around them.
SELECT a.node, f.node, min(a.frame), count(*)
FROM attempt a LEFT JOIN frame f ON f.run = a.run AND f.id = a.frame
WHERE a.run = ?
GROUP BY a.node, f.node

-- frames_by_place: The containers of iterations, and of the iterations around them.
SELECT f.node, p.node, min(f.id), count(*)
FROM frame f LEFT JOIN frame p ON p.run = f.run AND p.id = f.parent
WHERE f.run = ? AND f.parent <> 0
GROUP BY f.node, p.node

-- repeats_by_place: The containers of repeats, and of the iterations around them.
SELECT r.node, f.node, min(r.frame), count(*)
FROM repeat r LEFT JOIN frame f ON f.run = r.run AND f.id = r.frame
WHERE r.run = ?
GROUP BY r.node, f.node

-- roots: The iterations that are in no other.
SELECT node, id, number FROM frame
WHERE run = ? AND parent = 0

-- states: All states and statuses of rows.
SELECT DISTINCT state FROM attempt
WHERE run = ?
UNION SELECT DISTINCT status FROM frame
WHERE run = ?
UNION SELECT DISTINCT status FROM repeat
WHERE run = ? AND status IS NOT NULL

-- kept_values: All values in rows, or pointers to them.
SELECT result FROM attempt
WHERE run = ? AND result IS NOT NULL
UNION ALL SELECT item FROM attempt
WHERE run = ? AND item IS NOT NULL
UNION ALL SELECT item FROM frame
WHERE run = ? AND item IS NOT NULL
UNION ALL SELECT items FROM repeat
WHERE run = ? AND items IS NOT NULL

-- kept_texts: All other texts that have a seal.
SELECT problem FROM attempt
WHERE run = ? AND problem IS NOT NULL
UNION ALL SELECT log FROM attempt
WHERE run = ? AND log IS NOT NULL
UNION ALL SELECT problem FROM repeat
WHERE run = ? AND problem IS NOT NULL
UNION ALL SELECT request FROM intervention
WHERE run = ?
UNION ALL SELECT decision FROM intervention
WHERE run = ? AND decision IS NOT NULL
UNION ALL SELECT part FROM note
WHERE run = ?

-- == Removing runs ==

-- mark_pruned: Mark a run as removed, if its status has not changed.
UPDATE run
SET status='pruned'
WHERE run.number = ? AND run.status = ?

-- prune_attempt: Remove a number of a run's rows.
DELETE FROM attempt
WHERE (attempt.run, attempt.frame, attempt.node, attempt.host, attempt.iteration, attempt.number) IN (SELECT
    attempt.run, attempt.frame, attempt.node, attempt.host, attempt.iteration, attempt.number
FROM attempt
WHERE attempt.run = ?
LIMIT ? OFFSET 0)

-- prune_frame: Remove a number of a run's rows.
DELETE FROM frame
WHERE (frame.run, frame.parent, frame.node, frame.number) IN (SELECT frame.run, frame.parent, frame.node, frame.number
FROM frame
WHERE frame.run = ?
LIMIT ? OFFSET 0)

-- prune_repeat: Remove a number of a run's rows.
DELETE FROM repeat
WHERE (repeat.run, repeat.frame, repeat.node) IN (SELECT repeat.run, repeat.frame, repeat.node
FROM repeat
WHERE repeat.run = ?
LIMIT ? OFFSET 0)

-- prune_wait: Remove a number of a run's rows.
DELETE FROM wait
WHERE (wait.run, wait.frame, wait.node, wait.host, wait.iteration, wait.attempt) IN (SELECT wait.run, wait.frame,
    wait.node, wait.host, wait.iteration, wait.attempt
FROM wait
WHERE wait.run = ?
LIMIT ? OFFSET 0)

-- prune_hold: Remove a number of a run's rows.
DELETE FROM hold
WHERE (hold.run, hold.frame, hold.node, hold.host, hold.iteration, hold.pool) IN (SELECT hold.run, hold.frame,
    hold.node, hold.host, hold.iteration, hold.pool
FROM hold
WHERE hold.run = ?
LIMIT ? OFFSET 0)

-- prune_ticket: Remove a number of a run's rows.
DELETE FROM ticket
WHERE (ticket.number) IN (SELECT ticket.number
FROM ticket
WHERE ticket.run = ?
LIMIT ? OFFSET 0)

-- prune_pool: Remove a number of a run's rows.
DELETE FROM pool
WHERE (pool.run, pool.name) IN (SELECT pool.run, pool.name
FROM pool
WHERE pool.run = ?
LIMIT ? OFFSET 0)

-- prune_intervention: Remove a number of a run's rows.
DELETE FROM intervention
WHERE (intervention.run, intervention.number) IN (SELECT intervention.run, intervention.number
FROM intervention
WHERE intervention.run = ?
LIMIT ? OFFSET 0)

-- prune_note: Remove a number of a run's rows.
DELETE FROM note
WHERE (note.run, note.frame, note.node, note.host, note.iteration, note.attempt, note.number) IN (SELECT note.run,
    note.frame, note.node, note.host, note.iteration, note.attempt, note.number
FROM note
WHERE note.run = ?
LIMIT ? OFFSET 0)

-- drop_request: Remove a run's request.
DELETE FROM request
WHERE request.run = ?

-- drop_runs: Remove the rows of removed runs, except that of the highest number.
DELETE FROM run
WHERE run.status = 'pruned' AND run.number < (SELECT max(run.number) AS max_1
FROM run)

-- free_ids: Give the row of a removed run an id that no run can have.
UPDATE run
SET id='-' || number
WHERE run.number = ?

-- drop_unused_nodes: Remove the nodes of definitions that no run has any more.
DELETE FROM node
WHERE (node.definition NOT IN (SELECT run.definition
FROM run))

-- drop_unused_definitions: Remove definitions that no run has any more.
DELETE FROM definition
WHERE (definition.number NOT IN (SELECT run.definition
FROM run))
