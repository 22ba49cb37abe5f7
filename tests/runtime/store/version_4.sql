PRAGMA application_id = 1397051733;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE attempt ( run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL, host TEXT NOT NULL, iteration INTEGER NOT NULL, number INTEGER NOT NULL, token BLOB NOT NULL, state TEXT NOT NULL, started REAL NOT NULL, ended REAL, item TEXT, result TEXT, verdict INTEGER, problem TEXT, log TEXT, recovery INTEGER DEFAULT 0 NOT NULL, begun REAL, PRIMARY KEY (run, frame, node, host, iteration, number), FOREIGN KEY(run) REFERENCES run (number) ) WITHOUT ROWID, STRICT;
INSERT INTO "attempt" VALUES(1,1,1,'',0,1,X'00000000000000000000000000000001','success',10.0,11.0,NULL,'#d37ed1b5:"kept"',0,NULL,NULL,0,NULL);
INSERT INTO "attempt" VALUES(1,1,7,'',1,1,X'00000000000000000000000000000004','success',10.0,11.0,NULL,'#83dcefb7:1',0,NULL,NULL,0,NULL);
INSERT INTO "attempt" VALUES(1,1,7,'',2,1,X'00000000000000000000000000000005','active',10.0,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "attempt" VALUES(1,2,3,'',0,1,X'00000000000000000000000000000002','success',10.0,11.0,NULL,'#83dcefb7:1',0,NULL,NULL,0,NULL);
INSERT INTO "attempt" VALUES(1,3,3,'',0,1,X'00000000000000000000000000000003','failure',10.0,11.0,NULL,NULL,0,'#71d2ed04:{"exit_code":null,"file":"/f.py","line":3,"message":"no","signal":null,"traceback":"","type":"ValueError","types":[]}',NULL,0,NULL);
CREATE TABLE definition ( number INTEGER NOT NULL, digest TEXT NOT NULL, structure TEXT NOT NULL, fingerprints TEXT NOT NULL, picture TEXT DEFAULT '' NOT NULL, PRIMARY KEY (number), UNIQUE (digest) ) STRICT;
INSERT INTO "definition" VALUES(1,'86661ced2a0276b79d61205bf97d75bacc785cdb5e09017632cd891111058f06','{"version":2,"parts":{"":{"kind":"container"},"a":{"kind":"step"},"grid":{"kind":"container"},"grid.cell":{"kind":"step"},"grid.inner":{"kind":"container"},"grid.inner.deep":{"kind":"step"},"many":{"kind":"step"},"block":{"kind":"container"},"block.b":{"kind":"step"}}}','{"a":"f1"}','');
CREATE TABLE frame ( run INTEGER NOT NULL, parent INTEGER NOT NULL, node INTEGER NOT NULL, number INTEGER NOT NULL, id INTEGER NOT NULL, status TEXT NOT NULL, item TEXT, PRIMARY KEY (run, parent, node, number), FOREIGN KEY(run) REFERENCES run (number) ) WITHOUT ROWID, STRICT;
INSERT INTO "frame" VALUES(1,0,0,1,1,'active',NULL);
INSERT INTO "frame" VALUES(1,1,2,1,2,'success',NULL);
INSERT INTO "frame" VALUES(1,1,2,2,3,'failure',NULL);
CREATE TABLE hold ( run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL, host TEXT NOT NULL, iteration INTEGER NOT NULL, pool TEXT NOT NULL, amount INTEGER NOT NULL, shared INTEGER NOT NULL, PRIMARY KEY (run, frame, node, host, iteration, pool), FOREIGN KEY(run) REFERENCES run (number) ) WITHOUT ROWID, STRICT;
INSERT INTO "hold" VALUES(1,0,0,'',0,'db',2,0);
INSERT INTO "hold" VALUES(1,1,1,'',0,'net',1,1);
CREATE TABLE intervention (
        run INTEGER NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, request TEXT NOT NULL, decision TEXT,
        PRIMARY KEY (run, number),
        FOREIGN KEY (run) REFERENCES run (number)
    ) WITHOUT ROWID, STRICT;
INSERT INTO "intervention" VALUES(1,1,12.0,'#f0b29b7b:{"kind":"hold","user":"ada","host":"etl1","place":"a"}',NULL);
CREATE TABLE node ( definition INTEGER NOT NULL, id INTEGER NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (definition, id), FOREIGN KEY(definition) REFERENCES definition (number) ) WITHOUT ROWID, STRICT;
INSERT INTO "node" VALUES(1,0,'','container');
INSERT INTO "node" VALUES(1,1,'a','step');
INSERT INTO "node" VALUES(1,2,'grid','container');
INSERT INTO "node" VALUES(1,3,'grid.cell','step');
INSERT INTO "node" VALUES(1,4,'grid.inner','container');
INSERT INTO "node" VALUES(1,5,'grid.inner.deep','step');
INSERT INTO "node" VALUES(1,6,'many','repeat');
INSERT INTO "node" VALUES(1,7,'many','step');
INSERT INTO "node" VALUES(1,8,'block','container');
INSERT INTO "node" VALUES(1,9,'block.b','step');
CREATE TABLE pool ( run INTEGER NOT NULL, name TEXT NOT NULL, capacity INTEGER NOT NULL, PRIMARY KEY (run, name), FOREIGN KEY(run) REFERENCES run (number) ) WITHOUT ROWID, STRICT;
INSERT INTO "pool" VALUES(1,'net',4);
CREATE TABLE repeat ( run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL, items TEXT, status TEXT, problem TEXT, PRIMARY KEY (run, frame, node), FOREIGN KEY(run) REFERENCES run (number) ) WITHOUT ROWID, STRICT;
INSERT INTO "repeat" VALUES(1,1,2,'#fd6db3e9:[1,2,3]',NULL,NULL);
INSERT INTO "repeat" VALUES(1,1,6,'#fd6db3e9:[1,2,3]',NULL,NULL);
CREATE TABLE request ( run INTEGER NOT NULL, target TEXT NOT NULL, params TEXT NOT NULL, origin TEXT, PRIMARY KEY (run), FOREIGN KEY(run) REFERENCES run (number) ) STRICT;
INSERT INTO "request" VALUES(1,'{"flow":"small","file":"/flows/small.py","module":"","attribute":"","is_script":false,"argv":[],"cwd":""}','{"day":"\"monday\""}',NULL);
CREATE TABLE run ( number INTEGER NOT NULL, id TEXT NOT NULL, epoch INTEGER NOT NULL, owner TEXT NOT NULL, touched INTEGER NOT NULL, status TEXT NOT NULL, recovery INTEGER NOT NULL, created REAL NOT NULL, ended REAL, counts TEXT NOT NULL, flow TEXT NOT NULL, definition INTEGER NOT NULL, reason TEXT, wake TEXT, tally TEXT, seal INTEGER, unrun TEXT, PRIMARY KEY (number), UNIQUE (id), FOREIGN KEY(definition) REFERENCES definition (number) ) STRICT;
INSERT INTO "run" VALUES(1,'old',1,'{"pid":11958,"started":1795519250.4,"host":"old-host","boot":"an-earlier-boot","user":"root","since":1795519250.4}',18,'failure',0,1.79599854648446249959e+09,1.79599854653069710731e+09,'{"success":3,"failure":1}','small',1,'why','/run/old','12 23071091923',1911376181,NULL);
CREATE TABLE ticket ( number INTEGER NOT NULL, run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL, host TEXT NOT NULL, iteration INTEGER NOT NULL, amounts TEXT NOT NULL, priority INTEGER NOT NULL, around TEXT NOT NULL, PRIMARY KEY (number), FOREIGN KEY(run) REFERENCES run (number) ) STRICT;
CREATE TABLE wait ( run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL, host TEXT NOT NULL, iteration INTEGER NOT NULL, attempt INTEGER NOT NULL, boot TEXT NOT NULL, due_boot REAL NOT NULL, due REAL NOT NULL, length REAL, PRIMARY KEY (run, frame, node, host, iteration, attempt), FOREIGN KEY(run) REFERENCES run (number) ) WITHOUT ROWID, STRICT;
INSERT INTO "wait" VALUES(1,1,9,'',0,0,'boot',5.0,6.0,7.0);
CREATE UNIQUE INDEX frame_by_id ON frame (run, id);
COMMIT;
