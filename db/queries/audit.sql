-- name: add_audit(at, actor, kind, what, subject, detail, address)!
INSERT INTO audit (at, actor, kind, what, subject, detail, address)
VALUES (:at, :actor, :kind, :what, :subject, :detail, :address);

-- name: newest(person, kind, at, place, id, most)
-- Decisions and regroupings are told from their own tables, which are append-only too.
SELECT told.* FROM (
    SELECT at, 1 AS place, id, actor, kind, what, subject, detail, address FROM audit
    UNION ALL
    SELECT decided_at, 2, id, decided_by, 'decision', verdict, CAST(candidate AS TEXT), note, NULL FROM decision
    UNION ALL
    SELECT regrouped_at, 3, id, regrouped_by, 'decision', move, CAST(given_to AS TEXT), NULL, NULL FROM regrouping
) AS told
WHERE (told.at, told.place, told.id) < (:at, :place, :id)
    AND (:person IS NULL OR told.actor = :person OR (told.subject = :person AND told.kind IN ('sign-in', 'account')))
    AND (:kind IS NULL OR told.kind = :kind)
ORDER BY told.at DESC, told.place DESC, told.id DESC
LIMIT :most;
