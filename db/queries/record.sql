-- name: put_relationship(slug, position, names, parties, languages)!
INSERT INTO relationship (slug, position, names, parties, languages)
VALUES (:slug, :position, :names, :parties, :languages)
ON CONFLICT (slug) DO UPDATE SET
    position = excluded.position, names = excluded.names,
    parties = excluded.parties, languages = excluded.languages;

-- name: put_channel(slug, relationship, position, category, names, counterparts, description, cadence, established, aliases, people)!
INSERT INTO channel (slug, relationship, position, category, names, counterparts, description, cadence, established,
                     aliases, people)
VALUES (:slug, :relationship, :position, :category, :names, :counterparts, :description, :cadence, :established,
        :aliases, :people)
ON CONFLICT (slug) DO UPDATE SET
    relationship = excluded.relationship, position = excluded.position, category = excluded.category,
    names = excluded.names, counterparts = excluded.counterparts, description = excluded.description,
    cadence = excluded.cadence, established = excluded.established, aliases = excluded.aliases,
    people = excluded.people;

-- name: relationships()
SELECT slug, names, parties, languages FROM relationship ORDER BY position, slug;

-- name: channels()
SELECT slug, relationship, category, names, counterparts, description, cadence, established, aliases, people
FROM channel ORDER BY relationship, position, slug;

-- name: channel(slug)^
SELECT slug, relationship, category, names, counterparts, description, cadence, established, aliases, people
FROM channel WHERE slug = :slug;

-- name: status_changes()
SELECT * FROM status_change ORDER BY id;

-- name: contacts()
SELECT * FROM contact ORDER BY id;

-- name: status_changes_of(channel)
SELECT * FROM status_change WHERE channel = :channel ORDER BY id;

-- name: contacts_of(channel)
SELECT * FROM contact WHERE channel = :channel ORDER BY id;

-- name: citations()
SELECT citation.status_change, citation.contact, citation.quote, citation.says, citation.dated,
       citation.persons, citation.denies, citation.level, citation.recorded_at, citation.withdrawn_at, citation.decision,
       citation.release, citation.revision, citation.quote_field, citation.quote_start,
       source.url, source.title, source.publisher, source.side, source.published
FROM citation JOIN source ON source.id = citation.source
ORDER BY citation.id;

-- name: citations_of(channel)
SELECT citation.status_change, citation.contact, citation.quote, citation.says, citation.dated,
       citation.persons, citation.denies, citation.level, citation.recorded_at, citation.withdrawn_at, citation.decision,
       citation.release, citation.revision, citation.quote_field, citation.quote_start,
       source.url, source.title, source.publisher, source.side, source.published
FROM citation JOIN source ON source.id = citation.source
WHERE citation.status_change IN (SELECT id FROM status_change WHERE channel = :channel)
   OR citation.contact IN (SELECT id FROM contact WHERE channel = :channel)
ORDER BY citation.id;

-- name: channels_since(seq)
-- The channels whose rows, or the sources of whose rows, are in the chain after a link.
SELECT status_change.channel FROM chain_link JOIN status_change ON status_change.id = chain_link.entry
WHERE chain_link.seq > :seq AND chain_link.kind IN ('status_change', 'status_change_withdrawn')
UNION
SELECT contact.channel FROM chain_link JOIN contact ON contact.id = chain_link.entry
WHERE chain_link.seq > :seq AND chain_link.kind IN ('contact', 'contact_withdrawn')
UNION
SELECT status_change.channel FROM chain_link JOIN citation ON citation.id = chain_link.entry
JOIN status_change ON status_change.id = citation.status_change
WHERE chain_link.seq > :seq AND chain_link.kind IN ('citation', 'citation_withdrawn')
UNION
SELECT contact.channel FROM chain_link JOIN citation ON citation.id = chain_link.entry
JOIN contact ON contact.id = citation.contact
WHERE chain_link.seq > :seq AND chain_link.kind IN ('citation', 'citation_withdrawn');

-- name: add_status_change(channel, state, effective, expected, cause, note, contested, settled, reason, unconfirmed, seed_key, seed_digest, recorded_at, recorded_by, decision, replaces)^
INSERT INTO status_change (channel, state, effective, expected, cause, note, contested, settled, reason, unconfirmed,
                           seed_key, seed_digest, recorded_at, recorded_by, decision, replaces)
VALUES (:channel, :state, :effective, :expected, :cause, :note, :contested, :settled, :reason, :unconfirmed,
        :seed_key, :seed_digest, :recorded_at, :recorded_by, :decision, :replaces)
RETURNING id;

-- name: add_contact(channel, outcome, date, end_date, announced, form, place, round, persons, summary, asked_by, substantive, note, contested, settled, reason, unconfirmed, seed_key, seed_digest, recorded_at, recorded_by, decision, replaces)^
INSERT INTO contact (channel, outcome, date, end_date, announced, form, place, round, persons, summary, asked_by,
                     substantive, note, contested, settled, reason, unconfirmed, seed_key, seed_digest, recorded_at, recorded_by, decision,
                     replaces)
VALUES (:channel, :outcome, :date, :end_date, :announced, :form, :place, :round, :persons, :summary, :asked_by,
        :substantive, :note, :contested, :settled, :reason, :unconfirmed, :seed_key, :seed_digest, :recorded_at, :recorded_by, :decision,
        :replaces)
RETURNING id;

-- name: add_source(url, title, publisher, side, published)^
INSERT INTO source (url, title, publisher, side, published)
VALUES (:url, :title, :publisher, :side, :published)
RETURNING id;

-- name: source_id(url, title, publisher, side, published)^
SELECT id FROM source
WHERE url = :url AND title = :title AND publisher = :publisher AND side = :side AND published = :published;

-- name: add_citation(status_change, contact, source, quote, says, dated, persons, denies, level, recorded_at, decision, release, revision, quote_field, quote_start)^
INSERT INTO citation (status_change, contact, source, quote, says, dated, persons, denies, level, recorded_at, decision,
                      release, revision, quote_field, quote_start, words_sha256, page_sha256)
VALUES (:status_change, :contact, :source, :quote, :says, :dated, :persons, :denies, :level, :recorded_at, :decision,
        :release, :revision, :quote_field, :quote_start,
        (SELECT hash FROM release_revision WHERE release = :release AND number = :revision),
        (SELECT sha256 FROM page_copy WHERE release = :release AND revision = :revision))
RETURNING id;

-- name: status_change(id)^
SELECT channel FROM status_change WHERE id = :id;

-- name: contact(id)^
SELECT channel FROM contact WHERE id = :id;

-- name: withdraw_status_change(id, at, by, reason)^
UPDATE status_change SET withdrawn_at = :at, withdrawn_by = :by, withdrawn_reason = :reason
WHERE id = :id AND withdrawn_at IS NULL
RETURNING id;

-- name: withdraw_contact(id, at, by, reason)^
UPDATE contact SET withdrawn_at = :at, withdrawn_by = :by, withdrawn_reason = :reason
WHERE id = :id AND withdrawn_at IS NULL
RETURNING id;

-- name: carry_citations_of_status_change(replaced, by, recorded_at)
INSERT INTO citation (status_change, source, quote, says, dated, persons, denies, level, recorded_at, decision,
                      release, revision, quote_field, quote_start, words_sha256, page_sha256)
SELECT :by, citation.source, citation.quote, citation.says, citation.dated, citation.persons, citation.denies, citation.level, :recorded_at,
       citation.decision, citation.release, citation.revision, citation.quote_field, citation.quote_start,
       citation.words_sha256, citation.page_sha256
FROM citation JOIN source ON source.id = citation.source
WHERE citation.status_change = :replaced AND citation.decision IS NOT NULL AND citation.withdrawn_at IS NULL
  AND source.url NOT IN (SELECT cited.url FROM citation AS here JOIN source AS cited ON cited.id = here.source
                         WHERE here.status_change = :by)
ORDER BY citation.id
RETURNING id;

-- name: carry_citations_of_contact(replaced, by, recorded_at)
INSERT INTO citation (contact, source, quote, says, dated, persons, denies, level, recorded_at, decision,
                      release, revision, quote_field, quote_start, words_sha256, page_sha256)
SELECT :by, citation.source, citation.quote, citation.says, citation.dated, citation.persons, citation.denies, citation.level, :recorded_at,
       citation.decision, citation.release, citation.revision, citation.quote_field, citation.quote_start,
       citation.words_sha256, citation.page_sha256
FROM citation JOIN source ON source.id = citation.source
WHERE citation.contact = :replaced AND citation.decision IS NOT NULL AND citation.withdrawn_at IS NULL
  AND source.url NOT IN (SELECT cited.url FROM citation AS here JOIN source AS cited ON cited.id = here.source
                         WHERE here.contact = :by)
ORDER BY citation.id
RETURNING id;

-- name: channel_of(status_change, contact)^
SELECT channel FROM status_change WHERE id = :status_change
UNION ALL
SELECT channel FROM contact WHERE id = :contact;

-- name: channels_cited_by(decision)
SELECT channel FROM citation JOIN status_change ON status_change.id = citation.status_change
WHERE citation.decision = :decision
UNION
SELECT channel FROM citation JOIN contact ON contact.id = citation.contact
WHERE citation.decision = :decision;

-- name: withdraw_status_changes(decision, at, by, reason)
UPDATE status_change SET withdrawn_at = :at, withdrawn_by = :by, withdrawn_reason = :reason
WHERE decision = :decision AND withdrawn_at IS NULL
RETURNING id;

-- name: withdraw_contacts(decision, at, by, reason)
UPDATE contact SET withdrawn_at = :at, withdrawn_by = :by, withdrawn_reason = :reason
WHERE decision = :decision AND withdrawn_at IS NULL
RETURNING id;

-- name: withdraw_citations(decision, at)
UPDATE citation SET withdrawn_at = :at WHERE decision = :decision AND withdrawn_at IS NULL
RETURNING id;

-- name: seeded_status_changes()
SELECT id, seed_key, seed_digest FROM status_change WHERE seed_key IS NOT NULL ORDER BY id;

-- name: seeded_contacts()
SELECT id, seed_key, seed_digest FROM contact WHERE seed_key IS NOT NULL ORDER BY id;

-- name: revisions()
SELECT subject, number FROM revision;

-- name: bump(subject)!
UPDATE revision SET number = number + 1 WHERE subject = :subject;

-- name: cited_addresses()
SELECT DISTINCT url FROM source;
