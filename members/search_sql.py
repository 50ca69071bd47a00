"""SQL functions behind the generated search columns of Member and its numbers.

Kept in one place, since a generated column and the search that reads it must fold alike.
All are IMMUTABLE: to change one, add a migration that replaces it and rewrites the column.

A dump is restored with an empty search path. So what calls another function either binds it when
it is made (``RETURN`` instead of a quoted body) or carries the path with it; else no backup of the
club could be restored (``bin/restore-drill``).
"""

FUNCTIONS = r"""
-- One spelling of a text: compatibility forms folded, lower case, no accents, hiragana for
-- katakana, punctuation as spaces.
CREATE FUNCTION members_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN value = '' THEN '' ELSE trim(regexp_replace(translate(
        normalize(regexp_replace(normalize(lower(normalize(value, NFKC)), NFD),
                                 '[\u0300-\u036f]', '', 'g'), NFC),
        'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ',
        'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ'),
        '[[:space:][:punct:]・·]+', ' ', 'g')) END;

-- What lists sort by: the reading where there is one, else the name; family before given.
CREATE FUNCTION members_name_sort(
    family text, given text, family_reading text, given_reading text, display text)
RETURNS varchar LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN family = '' AND given = '' AND display = '' THEN ''
        WHEN family = '' AND given = '' THEN members_fold(display)
        ELSE trim(
            replace(members_fold(coalesce(nullif(family_reading, ''), family)), ' ', '')
            || ' '
            || replace(members_fold(coalesce(nullif(given_reading, ''), given)), ' ', ''))
    END;

-- Words that a search may begin with: every part, the joined name, and, for names written
-- without spaces, each pair of neighbouring characters.
CREATE FUNCTION members_name_words(
    family text, given text, family_reading text, given_reading text, display text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    f text; g text; joined text; words text[];
BEGIN
    IF concat(family, given, family_reading, given_reading, display) = '' THEN
        RETURN NULL;
    END IF;
    f := members_fold(family);
    g := members_fold(given);
    joined := replace(f || g, ' ', '');
    words := string_to_array(f || ' ' || g || ' ' || members_fold(display), ' ') || joined;
    IF joined ~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]' THEN
        words := words || ARRAY(
            SELECT substr(joined, i, 2) FROM generate_series(1, length(joined) - 1) AS i);
    END IF;
    IF family_reading <> '' OR given_reading <> '' THEN
        f := replace(members_fold(family_reading), ' ', '');
        g := replace(members_fold(given_reading), ' ', '');
        words := words || ARRAY[f, g, f || g, g || f];
    END IF;
    RETURN array_to_tsvector(ARRAY(SELECT DISTINCT w FROM unnest(words) AS w WHERE w <> ''));
END $$;

-- What a search text asks of members_name_words: every word as a prefix, in any order, or all of
-- them written as one; a name without spaces also by its pairs of characters.
CREATE FUNCTION members_search_query(value text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    folded text := members_fold(value); word text; part text; whole text;
BEGIN
    FOREACH word IN ARRAY string_to_array(folded, ' ') LOOP
        part := quote_literal(word) || ':*';
        IF length(word) > 2
            AND word ~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]' THEN
            part := part || ' | (' || (
                SELECT string_agg(quote_literal(substr(word, i, 2)), ' & ')
                FROM generate_series(1, length(word) - 1) AS i) || ')';
        END IF;
        whole := coalesce(whole || ' & ', '') || '(' || part || ')';
    END LOOP;
    IF folded LIKE '% %' THEN
        whole := '(' || whole || ') | ' || quote_literal(replace(folded, ' ', '')) || ':*';
    END IF;
    RETURN coalesce(whole, '')::tsquery;
END $$;

-- The membership number of an id: a keyed permutation of ten-digit numbers (four Feistel
-- rounds of five digits each, walked on until the first digit is no zero), then ISO 7064
-- MOD 97-10. The walk starts inside its range, hence two ids never share a number.
CREATE FUNCTION members_number(id bigint, key text) RETURNS varchar
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    payload bigint := id + 1000000000; l bigint; r bigint; mixed bigint;
BEGIN
    LOOP
        l := payload / 100000;
        r := payload % 100000;
        FOR step IN 1..4 LOOP
            mixed := ('x' || substr(md5(key || ':' || step || ':' || r), 1, 8))::bit(32)::bigint;
            mixed := (l + mixed) % 100000;
            l := r;
            r := mixed;
        END LOOP;
        payload := l * 100000 + r;
        EXIT WHEN payload >= 1000000000;
    END LOOP;
    RETURN payload || lpad((98 - payload * 100 % 97)::text, 2, '0');
END $$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION members_number(bigint, text);
DROP FUNCTION members_search_query(text);
DROP FUNCTION members_name_words(text, text, text, text, text);
DROP FUNCTION members_name_sort(text, text, text, text, text);
DROP FUNCTION members_fold(text);
"""
