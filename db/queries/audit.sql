-- name: add_audit(at, actor, kind, what, subject, detail, address)!
INSERT INTO audit (at, actor, kind, what, subject, detail, address)
VALUES (:at, :actor, :kind, :what, :subject, :detail, :address);

-- name: newest(person, kind, at, place, id, most)
-- Decisions and regroupings are told from their own tables, which are append-only too. Each table is read from its newest
-- row on, as far as the answer may need.
SELECT * FROM (
    SELECT at, 1 AS place, id, actor, kind, what, subject, detail, address
    FROM audit
    WHERE at <= :at AND (at < :at OR 1 < :place OR (1 = :place AND id < :id))
        AND (CAST(:person AS TEXT) IS NULL OR actor = :person OR (subject = :person AND kind IN ('sign-in', 'account')))
        AND (CAST(:kind AS TEXT) IS NULL OR kind = :kind)
    ORDER BY at DESC, id DESC LIMIT :most
) AS noted
UNION ALL
SELECT * FROM (
    SELECT decided_at AS at, 2 AS place, id, decided_by AS actor, 'decision' AS kind, verdict AS what,
           CAST(candidate AS TEXT) AS subject, note AS detail, NULL AS address
    FROM decision
    WHERE decided_at <= :at AND (decided_at < :at OR 2 < :place OR (2 = :place AND id < :id))
        AND (CAST(:person AS TEXT) IS NULL OR decided_by = :person) AND (CAST(:kind AS TEXT) IS NULL OR :kind = 'decision')
    ORDER BY decided_at DESC, id DESC LIMIT :most
) AS decided
UNION ALL
SELECT * FROM (
    SELECT regrouped_at AS at, 3 AS place, id, regrouped_by AS actor, 'decision' AS kind, move AS what,
           CAST(given_to AS TEXT) AS subject, NULL AS detail, NULL AS address
    FROM regrouping
    WHERE regrouped_at <= :at AND (regrouped_at < :at OR 3 < :place OR (3 = :place AND id < :id))
        AND (CAST(:person AS TEXT) IS NULL OR regrouped_by = :person) AND (CAST(:kind AS TEXT) IS NULL OR :kind = 'decision')
    ORDER BY regrouped_at DESC, id DESC LIMIT :most
) AS regrouped
ORDER BY at DESC, place DESC, id DESC
LIMIT :most;
