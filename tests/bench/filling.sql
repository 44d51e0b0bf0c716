-- What fills a ledger for measuring: as much as `:rows` says, told by the `:seed`, and skewed as real life is.
-- Row n of a kind is the n-th in time; five rows in a row are one version on its way through the environments, ten are
-- one submission, a hundred one delivery. Nothing here is random: the same numbers give the same rows.

-- part: ground
CREATE SCHEMA size;
-- A number from 0 to 1 that belongs to `n` and to what is asked of it.
CREATE FUNCTION size.u(n bigint, what int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashint8extended(n, :seed * 100 + what) & 2147483647) / 2147483648.0::float8;
CREATE FUNCTION size.site_of(n bigint, what int) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN size.u(n / 100, what) < 0.7 THEN 1 ELSE 2 END;
CREATE FUNCTION size.submission_of(what int, ten bigint, of bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (lpad(to_hex((:now - 63072000000::float8 * (of - ten) / of)::bigint), 12, '0')
            || '7' || substr(md5(what || '/' || ten), 1, 3) || 'a'
            || substr(md5(what || '/' || ten), 4, 15))::uuid;
CREATE TABLE size.word AS SELECT
    ARRAY['checkout', 'payments', 'search', 'catalogue', 'basket', 'identity', 'mail', 'orders', 'stock', 'prices',
          'reports', 'images', 'reviews', 'billing', 'ledger', 'maps', 'routes', 'fleet', 'claims', 'offers'] AS thing,
    ARRAY['api', 'web', 'worker'] AS part,
    ARRAY['SHOP', 'PAY', 'FIND', 'CAT', 'ID', 'MAIL', 'ORD', 'STK', 'REP', 'IMG', 'BILL', 'MAP'] AS project,
    ARRAY['Retry when the gateway closes early', 'Show prices with tax', 'Take the last page into account',
          'Keep sessions over a restart', 'Fold white space in addresses', 'Log in without a second factor',
          'Say why an order waits', 'Move the images to the new bucket'] AS sentence,
    ARRAY['development', 'testing', 'staging', 'production', 'production'] AS environment_type,
    ARRAY['dev', 'test', 'staging', 'prod-eu', 'prod-us'] AS environment_id,
    ARRAY['Development', 'Test', 'Staging', 'Production EU', 'Production US'] AS environment_name,
    ARRAY['Ann Ahlberg', 'Ben Okafor', 'Chiara Conti', 'Dai Suzuki', 'Eva Kowalska', 'Femi Adeyemi'] AS person;

INSERT INTO site (slug, url, api_url, cloud_id, auth, client_id, sealed_secret, is_sandbox, created_at, capabilities,
    capabilities_at, superseding, sample_one_in)
SELECT 'second', 'https://second.example.com', api_url, 'second', auth, client_id, sealed_secret, is_sandbox,
    created_at, capabilities, capabilities_at, superseding, sample_one_in FROM site WHERE id = 1;
INSERT INTO lane (site_id, api, priority, fence, leased_by, slept_for, failures, unsettled_deletion, held_reason)
SELECT site.id, api, 0, 0, '', '', 0, false, ''
FROM site, unnest(ARRAY['deployments', 'builds', 'devinfo']) AS queue(api) ON CONFLICT DO NOTHING;
INSERT INTO token (name, site_id, scopes, client_id, secret_hash, bearer_hash, created_at)
SELECT 'ci-' || number, site.id, ARRAY['write'], 'size-' || site.id || '-' || number,
    decode(md5('s' || site.id || '/' || number), 'hex'), decode(md5('b' || site.id || '/' || number), 'hex'), now()
FROM site, generate_series(1, 8) AS number;
INSERT INTO cause (text) SELECT text FROM unnest(ARRAY['The pipeline id … is too long.', 'url: must be a URL',
    'state: unknown value …', 'Too many associations']) AS why(text) ON CONFLICT DO NOTHING;
-- Few sets, and most rows have the first ones: the set with the number 0 of a site has no pair.
INSERT INTO property_set (id, site_id, digest, pairs)
SELECT 1000 * site.id + number, site.id, decode(md5(site.id || '/' || number), 'hex'),
    CASE WHEN number = 0 THEN '{}' ELSE
        jsonb_build_object('accountId', 'account-' || number, 'team', 'team-' || number % 12, 'tier', 'tier-' || number % 3) END
FROM site, generate_series(0, 149) AS number;
INSERT INTO envelope (id, site_id, digest, fields, property_set_id)
SELECT id, site_id, digest, jsonb_build_object('properties', pairs::text), id FROM property_set WHERE id >= 1000;

-- part: deployment
INSERT INTO deployment (id, site_id, sequence, entry_id, property_set_id, issue_keys, reported_at, changed_at,
    first_received_at, pipeline_id, environment_id, number, state, display_name, label, description, url, pipeline_name,
    pipeline_url, environment_name, environment_type, duration, gated)
SELECT n, site, n, n, 1000 * site + floor(150 * power(size.u(v, 3), 4)),
    -- Some issues are named over and over, most by a few rows that lie close together in time.
    CASE WHEN (n - 1) % (:rows / 10000) < greatest(:rows / 1000000, 1) AND (n - 1) / (:rows / 10000) < 10000
         THEN ARRAY['HOT-' || 1 + (n - 1) % (:rows / 10000)] || keys
         WHEN n % (:rows / 5) = 7 THEN ARRAY['TEN-1'] || keys ELSE keys END,
    at, at, at - interval '40 s', pipeline, environment_id[e], n,
    CASE WHEN s < 0.90 THEN 'successful' WHEN s < 0.96 THEN 'failed' WHEN s < 0.975 THEN 'rolled_back'
         WHEN s < 0.985 THEN 'cancelled' WHEN s < 0.99 THEN 'unknown' WHEN s < 0.997 THEN 'in_progress'
         ELSE 'pending' END,
    pipeline || ' ' || label, label, said, 'https://ci.example.com/' || pipeline || '/' || n, 'Deploy ' || pipeline,
    'https://ci.example.com/' || pipeline, environment_name[e], environment_type[e], (n % 900)::int, false
FROM (
    SELECT *, 5 * v + step AS n, size.u(5 * v + step, 1) AS s,
        CASE WHEN p % 3 = 0 THEN step WHEN step % 3 = 0 THEN 4 ELSE step % 3 * 2 - 1 END AS e,
        to_timestamp(:now / 1000.0 - 63072000.0 * (:rows - 5 * v - step) / :rows) AS at
    FROM (
        SELECT *, thing[1 + p / 3] || '-' || part[1 + p % 3] AS pipeline, 'v' || v / 1000 || '.' || v % 1000 AS label,
            sentence[1 + v % 8] AS said,
            ARRAY(SELECT DISTINCT project[1 + p % 12] || '-' || 1 + floor(CASE
                WHEN size.u(8 * v + k, 6) < 0.1 THEN :rows / 40 * power(size.u(8 * v + k, 7), 2.5)
                ELSE :rows / 40.0 * v * 5 / :rows * (1 - 0.02 * power(size.u(8 * v + k, 7), 3)) END)::bigint
                FROM generate_series(1, CASE WHEN c < 0.45 THEN 1 WHEN c < 0.65 THEN 2 WHEN c < 0.8 THEN 3
                                             WHEN c < 0.9 THEN 5 WHEN c < 0.98 THEN 7 ELSE 12 END) AS k) AS keys
        FROM (
            SELECT v, size.site_of(5 * v, 11) AS site, floor(60 * power(size.u(v, 2), 4))::int AS p,
                size.u(v, 4) AS c, word.*
            FROM generate_series(0, :rows / 5 - 1) AS v, size.word
        ) AS version
    ) AS named CROSS JOIN generate_series(1, 5) AS step
) AS row;

-- part: build
INSERT INTO build (id, site_id, sequence, entry_id, property_set_id, issue_keys, reported_at, changed_at,
    first_received_at, pipeline_id, number, state, display_name, label, description, url, tests_total, tests_passed,
    tests_failed, tests_skipped, commit_ids, ref_names)
SELECT n, site, n, :rows + n, 1000 * site + floor(150 * power(size.u(n, 23), 4)),
    CASE WHEN (n - 1) % (:rows / 8000) < greatest(:rows / 1000000, 1) AND (n - 1) / (:rows / 8000) < 8000
         THEN ARRAY['HOT-' || 1 + (n - 1) % (:rows / 8000)] || keys
         WHEN n % (:rows / 4) = 7 THEN ARRAY['TEN-1'] || keys ELSE keys END,
    at, at, at - interval '4 min', pipeline, n,
    CASE WHEN s < 0.86 THEN 'successful' WHEN s < 0.96 THEN 'failed' WHEN s < 0.99 THEN 'cancelled'
         WHEN s < 0.993 THEN 'unknown' WHEN s < 0.998 THEN 'in_progress' ELSE 'pending' END,
    pipeline || ' #' || n, '', sentence[1 + n % 8], 'https://ci.example.com/' || pipeline || '/builds/' || n,
    800 + n % 100, 790, n % 10, 0, ARRAY[md5('c' || n % (:rows * 2 / 5)) || '00c0ffee'], ARRAY['main']
FROM (
    SELECT n, site, s, at, sentence, thing[1 + p / 3] || '-' || part[1 + p % 3] AS pipeline,
        CASE WHEN size.u(n, 24) < 0.8 THEN ARRAY[project[1 + p % 12] || '-' || i]
             ELSE ARRAY[project[1 + p % 12] || '-' || i, project[1 + p % 12] || '-' || i + 1] END AS keys
    FROM (
        SELECT n, size.site_of(n - 1, 21) AS site, floor(60 * power(size.u(n, 22), 4))::int AS p, size.u(n, 20) AS s,
            to_timestamp(:now / 1000.0 - 63072000.0 * (:rows - n) / :rows) AS at, word.*,
            1 + floor(:rows / 40.0 * n / :rows * (1 - 0.02 * power(size.u(n, 25), 3)))::bigint AS i
        FROM generate_series(1, :rows) AS n, size.word
    ) AS drawn
) AS row;

-- part: development
INSERT INTO repository (id, site_id, sequence, entry_id, property_set_id, issue_keys, reported_at, changed_at,
    first_received_at, repository_id, name, description, url)
SELECT n, 1 + n % 2, n, 2 * :rows + n, 1000 * (1 + n % 2), '{}', at, at, at, 'r-' || (n - 1) / 2, name, '',
    'https://git.example.com/' || name
FROM (
    SELECT n, thing[1 + (n - 1) / 2 % 20] || '-' || (n - 1) / 2 AS name,
        to_timestamp(:now / 1000.0 - 864000.0 * power(size.u(n, 30), 3)) AS at
    FROM generate_series(1, 400) AS n, size.word
) AS row;

CREATE TABLE size.change AS
SELECT n, site, 'r-' || floor(200 * power(size.u(n, 31), 3))::int AS repository, 1000 * site AS set,
    to_timestamp(:now / 1000.0 - 63072000.0 * (:rows * 2 / 5 - n) / (:rows * 2 / 5)) AS at,
    CASE WHEN n % (:rows / 5000) < greatest(:rows / 1000000, 1) AND n / (:rows / 5000) < 2000
         THEN ARRAY['HOT-' || 1 + n % (:rows / 5000)]
         WHEN n = 77 THEN ARRAY['TEN-1'] ELSE ARRAY[project[1 + floor(12 * power(size.u(n, 32), 2))::int] || '-' || i]
    END AS keys, sentence[1 + n % 8] AS said, person[1 + n % 6] AS person, size.u(n, 33) AS s,
    CASE WHEN n % 10 < 7 THEN 'commit' WHEN n % 10 = 7 THEN 'branch' ELSE 'pull_request' END AS kind
FROM (
    SELECT n, size.site_of(n - 1, 34) AS site, word.*,
        1 + floor(:rows / 40.0 * n / (:rows * 2 / 5) * (1 - 0.02 * power(size.u(n, 35), 3)))::bigint AS i
    FROM generate_series(401, :rows * 2 / 5) AS n, size.word
) AS drawn;

INSERT INTO commit (id, site_id, sequence, entry_id, property_set_id, issue_keys, reported_at, changed_at,
    first_received_at, repository_id, ident, url, display_id, message, author_name, file_count, is_merge)
SELECT n, site, n, 2 * :rows + n, set, keys, at, at, at, repository, md5('c' || n) || '00c0ffee',
    'https://git.example.com/' || n, substr(md5('c' || n), 1, 7), keys[1] || ' ' || said, person, 1 + n % 9, n % 20 = 0
FROM size.change WHERE kind = 'commit';
INSERT INTO branch (id, site_id, sequence, entry_id, property_set_id, issue_keys, reported_at, changed_at,
    first_received_at, repository_id, ident, url, name, last_commit_id, last_commit_display_id, last_commit_message,
    author_name)
SELECT n, site, n, 2 * :rows + n, set, keys, at, at, at, repository, 'refs/heads/' || keys[1] || '-' || n,
    'https://git.example.com/b/' || n, keys[1] || '-' || n, md5('c' || n - 1) || '00c0ffee',
    substr(md5('c' || n - 1), 1, 7), said, person
FROM size.change WHERE kind = 'branch';
INSERT INTO pull_request (id, site_id, sequence, entry_id, property_set_id, issue_keys, reported_at, changed_at,
    first_received_at, repository_id, ident, url, display_id, title, status, author_name, source_branch,
    destination_branch, comment_count)
SELECT n, site, n, 2 * :rows + n, set, keys, at, at, at, repository, n::text, 'https://git.example.com/pr/' || n,
    '#' || n, keys[1] || ' ' || said, CASE WHEN s < 0.85 THEN 'MERGED' WHEN s < 0.95 THEN 'DECLINED' ELSE 'OPEN' END,
    person, keys[1] || '-' || n, 'main', n % 7
FROM size.change WHERE kind = 'pull_request';

-- part: entries of each
CREATE VIEW size.deployment_entry AS
SELECT entry_id AS entry, id AS n, site_id AS site, 'deployment' AS kind, property_set_id AS set, changed_at AS at,
    '["' || pipeline_id || '","' || environment_id || '",' || number || ']' AS key,
    '{"state":"' || state || '","displayName":"' || display_name || '"}' AS payload
FROM deployment;
CREATE VIEW size.build_entry AS
SELECT entry_id AS entry, id AS n, site_id AS site, 'build' AS kind, property_set_id AS set, changed_at AS at,
    '["' || pipeline_id || '",' || number || ']' AS key, '{"state":"' || state || '"}' AS payload
FROM build;
CREATE VIEW size.development_entry AS
SELECT entry_id AS entry, id AS n, site_id AS site, 'repository' AS kind, property_set_id AS set, changed_at AS at,
    '["' || repository_id || '"]' AS key, '{"name":"' || name || '"}' AS payload FROM repository
UNION ALL SELECT entry_id, id, site_id, 'commit', property_set_id, changed_at,
    '["' || repository_id || '","' || ident || '"]', '{"message":"' || message || '"}' FROM commit
UNION ALL SELECT entry_id, id, site_id, 'branch', property_set_id, changed_at,
    '["' || repository_id || '","' || ident || '"]', '{"name":"' || name || '"}' FROM branch
UNION ALL SELECT entry_id, id, site_id, 'pull_request', property_set_id, changed_at,
    '["' || repository_id || '","' || ident || '"]', '{"title":"' || title || '"}' FROM pull_request;

-- part: entries
-- What became of so many rows of a kind: their entries, submissions and deliveries, in the lane of their API.
INSERT INTO entry (id, position, kind, key, sequence, payload, outcome, outcome_at, errors, mends, unknown_issues,
    read_back, read_back_at, cause_id, delivery_id, envelope_id, lane_id, site_id, submission_id)
SELECT entry, n % 10, kind, key, n, payload, CASE WHEN is_rejected THEN 'rejected' ELSE 'accepted' END,
    to_timestamp(:now / 1000.0 - 63072000.0 * (:many - 100 * ((n - 1) / 100 + 1)) / :many) + interval '3 s',
    CASE WHEN is_rejected THEN '[{"message":"url: must be a URL"}]' ELSE '[]' END::jsonb, '[]', '{}',
    CASE WHEN n % 20 = 0 THEN 'confirmed' WHEN n % 60013 = 0 THEN 'missing' ELSE 'not_read' END,
    CASE WHEN n % 20 = 0 OR n % 60013 = 0 THEN at + interval '1 min' END,
    CASE WHEN is_rejected THEN (SELECT min(id) FROM cause) END, :first + (n - 1) / 100, set, lane.id, site,
    size.submission_of(:what, (n - 1) / 10, :many / 10)
FROM (SELECT *, size.u(n, 40 + :what) < 0.003 AS is_rejected FROM size.:view) AS made
JOIN lane ON lane.site_id = site AND lane.api = ':api' AND lane.priority = 0;
INSERT INTO submission (id, site_id, token_id, api, path, received_at, validated_at, size, sha256, raw, status, refusal,
    entry_count, refused_count)
SELECT size.submission_of(:what, ten, :many / 10), site,
    (ARRAY(SELECT id FROM token WHERE site_id = site ORDER BY id))[1 + floor(9 * power(size.u(ten / 10, 41), 3))],
    ':api', '/bulk', at, at + interval '2 ms', 900, decode(md5('s' || ten), 'hex'), '{"deployments":[]}'::bytea, 202,
    '', 10, 0
FROM (
    SELECT ten, size.site_of(10 * ten, :site) AS site,
        to_timestamp(:now / 1000.0 - 63072000.0 * (:many / 10 - ten) / (:many / 10)) AS at
    FROM generate_series(0, :many / 10 - 1) AS ten
) AS row;
INSERT INTO submission (id, site_id, token_id, api, path, received_at, validated_at, size, sha256, raw, status, refusal,
    entry_count, refused_count)
SELECT size.submission_of(:what + 100, ten, :many / 1000), 1, (SELECT min(id) FROM token), ':api', '/bulk', at, at, 2,
    decode(md5('r' || ten), 'hex'), '{}'::bytea, 400, 'The body has no entities.', 0, 0
FROM (
    SELECT ten, to_timestamp(:now / 1000.0 - 63072000.0 * (:many / 1000 - ten) / (:many / 1000)) AS at
    FROM generate_series(0, :many / 1000 - 1) AS ten
) AS row;
INSERT INTO delivery (id, lane_id, fence, entry_ids, method, url, request_headers, request_body, request_sha256,
    started_at, finished_at, status, response_headers, response_body, failure, verdict)
SELECT :first + b, lane.id, 1, ARRAY(SELECT generate_series(:offset + 100 * b + 1, :offset + 100 * b + 100)), 'POST',
    'https://api.example.com/bulk', '{"Content-Type": "application/json"}', '{"deployments":[]}'::bytea,
    decode(md5('d' || b), 'hex'), at, at + interval '200 ms', CASE WHEN u < 0.98 THEN 202 ELSE 503 END,
    '{"Content-Type": "application/json"}', '{}'::bytea, '',
    CASE WHEN u < 0.97 THEN 'received' WHEN u < 0.98 THEN 'split' WHEN u < 0.998 THEN 'later' ELSE 'refused' END
FROM (
    SELECT b, size.site_of(100 * b, :site) AS site, size.u(b, 50 + :what) AS u,
        to_timestamp(:now / 1000.0 - 63072000.0 * (:many / 100 - b - 1) / (:many / 100)) + interval '2 s' AS at
    FROM generate_series(0, :many / 100 - 1) AS b
) AS row
JOIN lane ON lane.site_id = site AND lane.api = ':api' AND lane.priority = 0;

-- part: end
UPDATE deployment AS held SET is_rejected = true FROM entry WHERE entry.id = held.entry_id AND entry.outcome = 'rejected';
UPDATE build AS held SET is_rejected = true FROM entry WHERE entry.id = held.entry_id AND entry.outcome = 'rejected';
UPDATE repository AS held SET is_rejected = true FROM entry WHERE entry.id = held.entry_id AND entry.outcome = 'rejected';
UPDATE commit AS held SET is_rejected = true FROM entry WHERE entry.id = held.entry_id AND entry.outcome = 'rejected';
UPDATE branch AS held SET is_rejected = true FROM entry WHERE entry.id = held.entry_id AND entry.outcome = 'rejected';
UPDATE pull_request AS held SET is_rejected = true FROM entry WHERE entry.id = held.entry_id AND entry.outcome = 'rejected';
DROP SCHEMA size CASCADE;
