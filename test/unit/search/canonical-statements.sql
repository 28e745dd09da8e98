-- Patient?_id=anna (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "patient" s where s.rid = (select $1::int8)::int8),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?identifier=urn:mrn|1 (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "patient" s where s.keys @> array[(select $1::int8)::int8]),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?name=anna (first, prepared)
with found as materialized (select rid from (select t.rid from str t where t.key = (select $1::int8)::int8 and t.val >= (select $2::text)::text and t.val < (select $3::text)::text) t limit 301),
much as materialized (select count(*) > 300 as yes from found),
m as materialized (select s.rid, s.ver, s.pat from "patient" s where not (select much.yes from much) and s.rid = any(array(select f.rid from found f)) and true and true),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
union all
select 'x', '', '', null, null, null, '', null, null, null, null where (select much.yes from much)
order by n;

-- Patient?name=anna
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "patient" s where exists (select from str st where st.key = $1::int8 and st.rid = s.rid and st.val >= $2::text and st.val < $3::text)
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?name:contains=nn&gender=female
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "patient" s where (exists (select from str st where st.key = $1::int8 and st.rid = s.rid and st.val like $2::text) and s.fkeys @> array[$3::int8])
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?_sort=family,-birthdate (prepared)
with m as materialized (select s.rid, s.ver, s.pat, (select min(t.val) from str t where t.key = (select $1::int8)::int8 and t.rid = s.rid) as s1, s."birthdate_lo" as s2 from "patient" s where true),
p as (select x.*, row_number() over (order by x.s1 asc nulls last, x.s2 desc nulls last, x.rid desc) as n from (select m.* from m order by m.s1 asc nulls last, m.s2 desc nulls last, m.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text, p.s2::text]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?_sort=-family (prepared)
with a as materialized (select s.rid, s.ver, s.pat, t.val as s1 from str t join "patient" s on s.rid = t.rid
        where t.key = (select $1::int8)::int8 and t.last and true
        order by t.val desc, t.rid desc limit 21),
b as (select s.rid, s.ver, s.pat, null::text as s1 from "patient" s
        where true and not exists (select from str t where t.key = (select $1::int8)::int8 and t.rid = s.rid) and (select count(*) from a) < 21
        order by s.rid desc limit 21 - (select count(*) from a)),
p as (select x.*, row_number() over (order by x.s1 desc nulls last, x.rid desc) as n from ((select * from a) union all (select * from b)) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, null::int8 as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation? (prepared)
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "observation" s where true
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?_sort=-_lastUpdated&_lastUpdated=gt2025
with p as (select x.*, row_number() over (order by x.s1 desc nulls last, x.rid desc) as n from (select s.rid, s.ver, s.pat, v.lu as s1 from "observation_v" v
        join "observation" s on s.rid = v.rid and s.ver = v.ver
        where s.lu >= $1::int8 and v.lu >= $2::int8
        order by v.lu desc, v.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?patient=anna&_sort=-date (prepared)
with m as materialized (select s.rid, s.ver, s.pat, s."date_lo" as s1 from "observation" s where s.pat = (select $1::int8)::int8),
p as (select x.*, row_number() over (order by x.s1 desc nulls last, x.rid desc) as n from (select m.* from m order by m.s1 desc nulls last, m.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?patient=anna&code=http://loinc.org|1234-5&date=ge2025&date=lt2026 (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "observation" s where (s.pat = (select $1::int8)::int8 and (s.keys @> array[(select $2::int8)::int8]) is true and (s."date_hi" > (select $4::int8)::int8 and (s."date_lo" > (select $5::int8)::int8 or s."date_hi" - s."date_lo" > 2678400000) and s."date_hi" + coalesce(s."date_hz", 0) * 60000 > (select $3::int8)::int8) and (s."date_lo" < (select $7::int8)::int8 and s."date_lo" + coalesce(s."date_lz", 0) * 60000 < (select $6::int8)::int8))),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?code=http://loinc.org|1234-5&_sort=-date
with a as materialized (select s.rid, s.ver, s.pat, s."date_lo" as s1 from "observation" s where s.keys @> array[$1::int8] and s."date_lo" is not null order by s1 desc, rid desc limit 21),
b as (select s.rid, s.ver, s.pat, null::int8 as s1 from "observation" s
        where s.keys @> array[$1::int8] and s."date_lo" is null and (select count(*) from a) < 21
        order by s.rid desc limit 21 - (select count(*) from a)),
p as (select x.*, row_number() over (order by x.s1 desc nulls last, x.rid desc) as n from ((select * from a) union all (select * from b)) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?status:not=final&category:missing=true
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "observation" s where (not (s.fkeys @> array[$1::int8]) and not (s.fkeys @> array[$2::int8]))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?value-quantity=gt5.4|http://unitsofmeasure.org|mg&code=1,2
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "observation" s where (exists (select from num st where st.key = $1::int8 and st.rid = s.rid and (st.lo > $2::float8 or (st.lo <> st.hi and st.hi > $2::float8))) and s.keys && $3::int8[])
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Encounter?date=ge2025-11&_sort=date
with p as (select x.*, row_number() over (order by x.s1 asc nulls last, x.rid asc) as n from (select * from ((select s.rid, s.ver, s.pat, s."date_lo" as s1 from "encounter" s where (s."date_hi" > $2::int8 and (s."date_lo" > $3::int8 or s."date_hi" - s."date_lo" > 2678400000) and s."date_hi" + coalesce(s."date_hz", 0) * 60000 > $1::int8) and s."date_lo" > $4::int8 order by s1 asc, rid asc limit 21) union all (select s.rid, s.ver, s.pat, s."date_lo" as s1 from "encounter" s where (s."date_hi" > $2::int8 and (s."date_lo" > $3::int8 or s."date_hi" - s."date_lo" > 2678400000) and s."date_hi" + coalesce(s."date_hz", 0) * 60000 > $1::int8) and s."date_lo" <= $4::int8 and s."date_hi" - s."date_lo" > 2678400000 order by s1 asc, rid asc limit 21)) dated order by s1 asc, rid asc limit 21) x)
select 'm' as kind, 'Encounter' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, null::int8 as total, p.n
        from p join "encounter_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Encounter?date=ge2025-11-01T00:00:00Z&_sort=date
with p as (select x.*, row_number() over (order by x.s1 asc nulls last, x.rid asc) as n from (select * from ((select s.rid, s.ver, s.pat, s."date_lo" as s1 from "encounter" s where (s."date_hi" > $1::int8 and (s."date_lo" > $2::int8 or s."date_hi" - s."date_lo" > 2678400000)) and s."date_lo" > $3::int8 order by s1 asc, rid asc limit 21) union all (select s.rid, s.ver, s.pat, s."date_lo" as s1 from "encounter" s where (s."date_hi" > $1::int8 and (s."date_lo" > $2::int8 or s."date_hi" - s."date_lo" > 2678400000)) and s."date_lo" <= $3::int8 and s."date_hi" - s."date_lo" > 2678400000 order by s1 asc, rid asc limit 21)) dated order by s1 asc, rid asc limit 21) x)
select 'm' as kind, 'Encounter' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, null::int8 as total, p.n
        from p join "encounter_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?code:text=body weight
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "observation" s where exists (select from unnest(s.fkeys) sk where sk # $1::int8 in (select l.key from lexicon l where l.val >= $2::text and l.val < $3::text))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?_profile:below=http://hl7.org/fhir
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "patient" s where exists (select from unnest(s.fkeys) sk where sk # $1::int8 in (select l.key from lexicon l where l.val >= $2::text and l.val < $3::text))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|1 (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "patient" s where (s.keys @> array[(select $1::int8)::int8] and s.fkeys @> array[(select $2::int8)::int8])),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?code-value-quantity=http://loinc.org|29463-7$gt80|http://unitsofmeasure.org|kg
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "observation" s where (s.keys @> array[$1::int8] and exists (select from num st where st.key = $2::int8 and st.rid = s.rid and (st.lo > $3::float8 or (st.lo <> st.hi and st.hi > $3::float8))))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?combo-code-value-quantity=8480-6$gt140&_sort=-date
with a as materialized (select s.rid, s.ver, s.pat, s."date_lo" as s1 from "observation" s where ((s.keys @> array[$1::int8] and exists (select from num st where st.key = $2::int8 and st.rid = s.rid and (st.lo > $3::float8 or (st.lo <> st.hi and st.hi > $3::float8)))) or (s.keys @> array[$4::int8] and exists (select from element se where se.rid = s.rid and se.key = $5::int8 and (se.keys && $6::int8[] and exists (select from unnest(se.nkey, se.nlo, se.nhi) sen(key, lo, hi) where sen.key = $7::int8 and (sen.lo > $8::float8 or (sen.lo <> sen.hi and sen.hi > $8::float8))))))) and s."date_lo" is not null order by s1 desc, rid desc limit 21),
b as (select s.rid, s.ver, s.pat, null::int8 as s1 from "observation" s
        where ((s.keys @> array[$1::int8] and exists (select from num st where st.key = $2::int8 and st.rid = s.rid and (st.lo > $3::float8 or (st.lo <> st.hi and st.hi > $3::float8)))) or (s.keys @> array[$4::int8] and exists (select from element se where se.rid = s.rid and se.key = $5::int8 and (se.keys && $6::int8[] and exists (select from unnest(se.nkey, se.nlo, se.nhi) sen(key, lo, hi) where sen.key = $7::int8 and (sen.lo > $8::float8 or (sen.lo <> sen.hi and sen.hi > $8::float8))))))) and s."date_lo" is null and (select count(*) from a) < 21
        order by s.rid desc limit 21 - (select count(*) from a)),
p as (select x.*, row_number() over (order by x.s1 desc nulls last, x.rid desc) as n from ((select * from a) union all (select * from b)) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?component-code-value-concept:missing=false
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "observation" s where not (not (exists (select from element se where se.rid = s.rid and se.key = $1::int8 and (se.keys && $2::int8[] and se.keys && $3::int8[]))))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Location?near=52.5|13.4|10|km
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "location" s where exists (select from num st join num so on so.rid = st.rid
    where st.key = $5::int8 and st.rid = s.rid
    and so.key = $6::int8 and st.lo between $7::float8 and $8::float8
    and (so.lo >= $1::float8 and so.lo <= $2::float8) and 12742017.6 * asin(least(1, sqrt(sin(radians(st.lo - $3::float8) / 2) ^ 2 + cos(radians($3::float8)) * cos(radians(st.lo)) * sin(radians(so.lo - $4::float8) / 2) ^ 2))) <= $9::float8)
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Location' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "location_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Location?near=0|179.9
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "location" s where exists (select from num st join num so on so.rid = st.rid
    where st.key = $5::int8 and st.rid = s.rid
    and so.key = $6::int8 and st.lo between $7::float8 and $8::float8
    and (so.lo >= $1::float8 or so.lo <= $2::float8) and 12742017.6 * asin(least(1, sqrt(sin(radians(st.lo - $3::float8) / 2) ^ 2 + cos(radians($3::float8)) * cos(radians(st.lo)) * sin(radians(so.lo - $4::float8) / 2) ^ 2))) <= $9::float8)
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Location' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "location_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Appointment?patient=anna (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "appointment" s where (s.pat = (select $1::int8)::int8 or s.keys @> array[(select $2::int8)::int8])),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Appointment' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "appointment_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- MedicationRequest?date=2025
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "medicationrequest" s where exists (select from dat st where st.key = $1::int8 and st.rid = s.rid and st.lo >= $4::int8 and st.hi <= $5::int8 and st.lo <= $5::int8 and st.lo + coalesce(st.lz, 0) * 60000 >= $2::int8 and st.hi + coalesce(st.hz, 0) * 60000 <= $3::int8)
        order by s.rid desc limit 21) x)
select 'm' as kind, 'MedicationRequest' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "medicationrequest_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- DocumentReference?patient.identifier=urn:mrn|1 (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "documentreference" s where s.pat = any(array(select sx.rid from "patient" sx where sx.keys @> array[(select $1::int8)::int8]))),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?encounter.class=AMB
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "observation" s where (exists (select from unnest(s.keys) k join "encounter" sx on sx.rid = k # $2::int8 where sx.fkeys @> array[$1::int8]) or s.keys @> array[$3::int8])
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- QuestionnaireResponse?questionnaire.title=a
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "questionnaireresponse" s where (exists (select from unnest(s.keys) k join "questionnaire" sx on sx.rid = k # $4::int8 where exists (select from str sxt where sxt.key = $1::int8 and sxt.rid = sx.rid and sxt.val >= $2::text and sxt.val < $3::text)) or s.keys && array(select k # $9::int8 # $8::int8 from "questionnaire" sx, unnest(sx.keys) k where exists (select from str sxt where sxt.key = $5::int8 and sxt.rid = sx.rid and sxt.val >= $6::text and sxt.val < $7::text)) or exists (select from str st where st.key = $10::int8 and st.rid = s.rid and st.val >= $11::text and st.val < $12::text))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'QuestionnaireResponse' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "questionnaireresponse_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?_has:Condition:patient:code=1
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "patient" s where exists (select from "condition" sx where sx.pat = s.rid and sx.keys @> array[$1::int8])
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Practitioner?_has:Encounter:practitioner:patient=anna (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "practitioner" s where s.rid = any(array(select k # (select $2::int8)::int8 from "encounter" sx, unnest(sx.keys) k where sx.pat = (select $1::int8)::int8))),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Practitioner' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "practitioner_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Observation?patient=anna&_include=Observation:encounter&_include=Observation:patient (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "observation" s where s.pat = (select $1::int8)::int8),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
union all
(select 'i' as kind, 'Encounter' as type, v.id, s.rid, s.ver, v.lu, v.json, s.pat,
        null::text[] as sort, null::int8 as total, null::int8 as n
        from "encounter" s join "encounter_v" v on v.rid = s.rid and v.ver = s.ver
        where (s.rid = any(array(select k # (select $2::int8)::int8 from p join "observation" o on o.rid = p.rid, unnest(o.keys) k where p.n <= 20))) and true limit 2001)
union all
(select 'i' as kind, 'Patient' as type, v.id, s.rid, s.ver, v.lu, v.json, s.pat,
        null::text[] as sort, null::int8 as total, null::int8 as n
        from "patient" s join "patient_v" v on v.rid = s.rid and v.ver = s.ver
        where (s.rid = any(array(select p.pat from p where p.pat is not null and p.n <= 20))) and true limit 2001)
order by n;

-- DocumentReference?_id=d&_revinclude=Provenance:target&_revinclude=DocumentReference:relatesto (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "documentreference" s where s.rid = (select $1::int8)::int8),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
union all
(select 'i' as kind, 'Provenance' as type, v.id, s.rid, s.ver, v.lu, v.json, s.pat,
        null::text[] as sort, null::int8 as total, null::int8 as n
        from "provenance" s join "provenance_v" v on v.rid = s.rid and v.ver = s.ver
        where (s.keys && array(select p.rid # (select $2::int8)::int8 from p where p.n <= 20)) and true limit 2001)
union all
(select 'i' as kind, 'DocumentReference' as type, v.id, s.rid, s.ver, v.lu, v.json, s.pat,
        null::text[] as sort, null::int8 as total, null::int8 as n
        from "documentreference" s join "documentreference_v" v on v.rid = s.rid and v.ver = s.ver
        where (s.keys && array(select p.rid # (select $3::int8)::int8 from p where p.n <= 20)) and true and s.rid <> all(array(select p.rid from p where p.n <= 20)) limit 2001)
order by n;

-- Observation?_content=(bone OR liver*) "low density" -pain&_text:missing=false (first, prepared)
with found as materialized (select rid from (select t.rid from fts t where t.words @@ (select $1::text)::text::tsquery) t limit 301),
much as materialized (select count(*) > 300 as yes from found),
m as materialized (select s.rid, s.ver, s.pat from "observation" s where not (select much.yes from much) and s.rid = any(array(select f.rid from found f)) and not (not (exists (select from fts st where st.rid = s.rid and st.key = (select $2::int8)::int8))) and true),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
union all
select 'x', '', '', null, null, null, '', null, null, null, null where (select much.yes from much)
order by n;

-- Observation?_content=(bone OR liver*) "low density" -pain&_text:missing=false
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "observation" s where (exists (select from fts st where st.rid = s.rid and st.words @@ $1::text::tsquery) and not (not (exists (select from fts st where st.rid = s.rid and st.key = $2::int8))))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Observation' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "observation_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- Patient?_filter=name co pet and (birthdate ge 1980 or not(active eq true))
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "patient" s where (exists (select from str st where st.key = $1::int8 and st.rid = s.rid and st.val like $2::text) and ((s."birthdate_hi" > $4::int8 and (s."birthdate_lo" > $5::int8 or s."birthdate_hi" - s."birthdate_lo" > 2678400000) and s."birthdate_hi" + coalesce(s."birthdate_hz", 0) * 60000 > $3::int8) or not (s.fkeys @> array[$6::int8])))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'Patient' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "patient_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- DocumentReference?_content=bone (a doctor) (first, prepared)
with found as materialized (select rid from (select t.rid from fts t where t.words @@ (select $1::text)::text::tsquery) t limit 301),
much as materialized (select count(*) > 300 as yes from found),
m as materialized (select s.rid, s.ver, s.pat from "documentreference" s where not (select much.yes from much) and s.rid = any(array(select f.rid from found f)) and true and (exists (select from "patient" sx where sx.rid = s.pat and sx.keys @> array[(select $2::int8)::int8] offset 0) or exists (select from access_grant sg where sg.grantee = any((select $3::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $4::bigint <= 0 and sg.ends - $4::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $5::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow offset 0))),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
union all
select 'x', '', '', null, null, null, '', null, null, null, null where (select much.yes from much)
order by n;

-- DocumentReference?_content=bone (a doctor)
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "documentreference" s where exists (select from fts st where st.rid = s.rid and st.words @@ $1::text::tsquery) and (s.pat in (select sx.rid from "patient" sx where sx.keys @> array[$2::int8]) or ((s.pat in (select sg.pat from access_grant sg where sg.grantee = any($3::int8[]) and sg.effect = 1
    and sg.starts - $4::bigint <= 0 and sg.ends - $4::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $5::integer) <> 0) and sg.rid = 0) or s.rid in (select sg.rid from access_grant sg where sg.grantee = any($3::int8[]) and sg.effect = 1
    and sg.starts - $4::bigint <= 0 and sg.ends - $4::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $5::integer) <> 0) and sg.type = 'DocumentReference')) and (s.labels = 0 and (s.pat in (select sg.pat from access_grant sg where sg.grantee = any($3::int8[]) and sg.effect = 1
    and sg.starts - $4::bigint <= 0 and sg.ends - $4::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $5::integer) <> 0) and sg.rid = 0 and not sg.narrow and (sg.labels & 1073741824) <> 0)
    or (s.rid, s.pat) in (select sg.rid, sg.pat from access_grant sg where sg.grantee = any($3::int8[]) and sg.effect = 1
    and sg.starts - $4::bigint <= 0 and sg.ends - $4::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $5::integer) <> 0) and sg.type = 'DocumentReference' and not sg.narrow and (sg.labels & 1073741824) <> 0)) or exists (select from access_grant sg where sg.grantee = any($3::int8[]) and sg.effect = 1
    and sg.starts - $4::bigint <= 0 and sg.ends - $4::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $5::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow))))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- DocumentReference?_filter=patient.name ew anna or description ne a (a doctor) (first, prepared)
with found as materialized (select rid, pat from ((select t.rid, t.pat from access_grant g join "documentreference" t on t.rid = g.rid
        where g.grantee = any((select $2::int8[])::int8[]) and g.effect = 1
    and g.starts - $3::bigint <= 0 and g.ends - $3::bigint > 0 and (g.purpose = 0 or (g.purpose & $4::integer) <> 0) and g.type = 'DocumentReference' limit 10001)
      union all (select t.rid, t.pat from "documentreference" t where t.pat = any(array(select r.rid from "patient" r where r.rid is not null and r.keys @> array[(select $1::int8)::int8] union all select g.pat from access_grant g where g.grantee = any((select $2::int8[])::int8[]) and g.effect = 1
    and g.starts - $3::bigint <= 0 and g.ends - $3::bigint > 0 and (g.purpose = 0 or (g.purpose & $4::integer) <> 0) and g.rid = 0)) limit 10001)) t limit 10001),
whose as materialized (select distinct pat from found where pat is not null),
much as materialized (select count(*) > 10000 as yes from found),
m as materialized (select s.rid, s.ver, s.pat from "documentreference" s where not (select much.yes from much) and s.rid = any(array(select f.rid from found f)) and (exists (select from "patient" sx where sx.rid = s.pat and (exists (select from str sxt where sxt.key = (select $5::int8)::int8 and sxt.rid = sx.rid and sxt.val like (select $6::text)::text) and (sx.keys @> array[(select $7::int8)::int8] or exists (select from access_grant sxg where sxg.grantee = any((select $8::int8[])::int8[]) and sxg.effect = 1
    and sxg.starts - $9::bigint <= 0 and sxg.ends - $9::bigint > 0 and (sxg.purpose = 0 or (sxg.purpose & $10::integer) <> 0) and sxg.pat = sx.pat and sxg.rid = any(array[0, sx.rid]) and (sxg.rid = 0 or sxg.type = 'Patient') and case when sx.labels = 0 then (sxg.labels & 1073741824) <> 0 else ((sx.labels & 3) <> 0 and (sx.labels & 3 & ~sxg.labels) = 0) or ((sx.labels & 4092) <> 0 and (sx.labels & 4094 & ~sxg.labels) = 0) end and not sxg.narrow offset 0))) offset 0) or (not (not (s.fkeys @> array[(select $11::int8)::int8])) and not (exists (select from str st where st.key = (select $12::int8)::int8 and st.rid = s.rid and st.val = (select $13::text)::text)))) and (s.pat in (select sx.rid from "patient" sx where sx.keys @> array[(select $14::int8)::int8]) or ((s.pat in (select sg.pat from access_grant sg where sg.grantee = any((select $15::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $16::bigint <= 0 and sg.ends - $16::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $17::integer) <> 0) and sg.rid = 0) or s.rid in (select sg.rid from access_grant sg where sg.grantee = any((select $15::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $16::bigint <= 0 and sg.ends - $16::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $17::integer) <> 0) and sg.type = 'DocumentReference')) and (s.labels = 0 and (s.pat in (select sg.pat from access_grant sg where sg.grantee = any((select $15::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $16::bigint <= 0 and sg.ends - $16::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $17::integer) <> 0) and sg.rid = 0 and not sg.narrow and (sg.labels & 1073741824) <> 0)
    or (s.rid, s.pat) in (select sg.rid, sg.pat from access_grant sg where sg.grantee = any((select $15::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $16::bigint <= 0 and sg.ends - $16::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $17::integer) <> 0) and sg.type = 'DocumentReference' and not sg.narrow and (sg.labels & 1073741824) <> 0)) or exists (select from access_grant sg where sg.grantee = any((select $15::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $16::bigint <= 0 and sg.ends - $16::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $17::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow))))),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
union all
select 'x', '', '', null, null, null, '', null, null, null, null where (select much.yes from much)
order by n;

-- DocumentReference?_filter=patient.name ew anna or description ne a (a doctor)
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "documentreference" s where (exists (select from "patient" sx where sx.rid = s.pat and (exists (select from str sxt where sxt.key = $1::int8 and sxt.rid = sx.rid and sxt.val like $2::text) and (sx.keys @> array[$3::int8] or exists (select from access_grant sxg where sxg.grantee = any($4::int8[]) and sxg.effect = 1
    and sxg.starts - $5::bigint <= 0 and sxg.ends - $5::bigint > 0 and (sxg.purpose = 0 or (sxg.purpose & $6::integer) <> 0) and sxg.pat = sx.pat and sxg.rid = any(array[0, sx.rid]) and (sxg.rid = 0 or sxg.type = 'Patient') and case when sx.labels = 0 then (sxg.labels & 1073741824) <> 0 else ((sx.labels & 3) <> 0 and (sx.labels & 3 & ~sxg.labels) = 0) or ((sx.labels & 4092) <> 0 and (sx.labels & 4094 & ~sxg.labels) = 0) end and not sxg.narrow)))) or (not (not (s.fkeys @> array[$7::int8])) and not (exists (select from str st where st.key = $8::int8 and st.rid = s.rid and st.val = $9::text)))) and (s.pat in (select sx.rid from "patient" sx where sx.keys @> array[$10::int8]) or ((s.pat in (select sg.pat from access_grant sg where sg.grantee = any($11::int8[]) and sg.effect = 1
    and sg.starts - $12::bigint <= 0 and sg.ends - $12::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $13::integer) <> 0) and sg.rid = 0) or s.rid in (select sg.rid from access_grant sg where sg.grantee = any($11::int8[]) and sg.effect = 1
    and sg.starts - $12::bigint <= 0 and sg.ends - $12::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $13::integer) <> 0) and sg.type = 'DocumentReference')) and (s.labels = 0 and (s.pat in (select sg.pat from access_grant sg where sg.grantee = any($11::int8[]) and sg.effect = 1
    and sg.starts - $12::bigint <= 0 and sg.ends - $12::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $13::integer) <> 0) and sg.rid = 0 and not sg.narrow and (sg.labels & 1073741824) <> 0)
    or (s.rid, s.pat) in (select sg.rid, sg.pat from access_grant sg where sg.grantee = any($11::int8[]) and sg.effect = 1
    and sg.starts - $12::bigint <= 0 and sg.ends - $12::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $13::integer) <> 0) and sg.type = 'DocumentReference' and not sg.narrow and (sg.labels & 1073741824) <> 0)) or exists (select from access_grant sg where sg.grantee = any($11::int8[]) and sg.effect = 1
    and sg.starts - $12::bigint <= 0 and sg.ends - $12::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $13::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow))))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- DocumentReference?_sort=-date (a doctor) (first, prepared)
with found as materialized (select rid, pat from ((select t.rid, t.pat from access_grant g join "documentreference" t on t.rid = g.rid
        where g.grantee = any((select $2::int8[])::int8[]) and g.effect = 1
    and g.starts - $3::bigint <= 0 and g.ends - $3::bigint > 0 and (g.purpose = 0 or (g.purpose & $4::integer) <> 0) and g.type = 'DocumentReference' limit 3001)
      union all (select t.rid, t.pat from "documentreference" t where t.pat = any(array(select r.rid from "patient" r where r.rid is not null and r.keys @> array[(select $1::int8)::int8] union all select g.pat from access_grant g where g.grantee = any((select $2::int8[])::int8[]) and g.effect = 1
    and g.starts - $3::bigint <= 0 and g.ends - $3::bigint > 0 and (g.purpose = 0 or (g.purpose & $4::integer) <> 0) and g.rid = 0)) limit 3001)) t limit 3001),
whose as materialized (select distinct pat from found where pat is not null),
much as materialized (select count(*) > 3000 as yes from found),
m as materialized (select s.rid, s.ver, s.pat, s."date_lo" as s1 from "documentreference" s where not (select much.yes from much) and s.rid = any(array(select f.rid from found f)) and true and (s.pat in (select sx.rid from "patient" sx where sx.keys @> array[(select $5::int8)::int8]) or ((s.pat in (select sg.pat from access_grant sg where sg.grantee = any((select $6::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $7::bigint <= 0 and sg.ends - $7::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $8::integer) <> 0) and sg.rid = 0) or s.rid in (select sg.rid from access_grant sg where sg.grantee = any((select $6::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $7::bigint <= 0 and sg.ends - $7::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $8::integer) <> 0) and sg.type = 'DocumentReference')) and (s.labels = 0 and (s.pat in (select sg.pat from access_grant sg where sg.grantee = any((select $6::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $7::bigint <= 0 and sg.ends - $7::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $8::integer) <> 0) and sg.rid = 0 and not sg.narrow and (sg.labels & 1073741824) <> 0)
    or (s.rid, s.pat) in (select sg.rid, sg.pat from access_grant sg where sg.grantee = any((select $6::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $7::bigint <= 0 and sg.ends - $7::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $8::integer) <> 0) and sg.type = 'DocumentReference' and not sg.narrow and (sg.labels & 1073741824) <> 0)) or exists (select from access_grant sg where sg.grantee = any((select $6::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $7::bigint <= 0 and sg.ends - $7::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $8::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow))))),
p as (select x.*, row_number() over (order by x.s1 desc nulls last, x.rid desc) as n from (select m.* from m order by m.s1 desc nulls last, m.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
union all
select 'x', '', '', null, null, null, '', null, null, null, null where (select much.yes from much)
order by n;

-- DocumentReference?_sort=-date (a doctor) (prepared)
with a as materialized (select s.rid, s.ver, s.pat, s."date_lo" as s1 from "documentreference" s where true and (s.pat in (select sx.rid from "patient" sx where sx.keys @> array[(select $1::int8)::int8]) or ((s.pat in (select sg.pat from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.rid = 0) or s.rid in (select sg.rid from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.type = 'DocumentReference')) and (s.labels = 0 and (s.pat in (select sg.pat from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.rid = 0 and not sg.narrow and (sg.labels & 1073741824) <> 0)
    or (s.rid, s.pat) in (select sg.rid, sg.pat from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.type = 'DocumentReference' and not sg.narrow and (sg.labels & 1073741824) <> 0)) or exists (select from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow)))) and s."date_lo" is not null order by s1 desc, rid desc limit 21),
b as (select s.rid, s.ver, s.pat, null::int8 as s1 from "documentreference" s
        where true and (s.pat in (select sx.rid from "patient" sx where sx.keys @> array[(select $1::int8)::int8]) or ((s.pat in (select sg.pat from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.rid = 0) or s.rid in (select sg.rid from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.type = 'DocumentReference')) and (s.labels = 0 and (s.pat in (select sg.pat from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.rid = 0 and not sg.narrow and (sg.labels & 1073741824) <> 0)
    or (s.rid, s.pat) in (select sg.rid, sg.pat from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.type = 'DocumentReference' and not sg.narrow and (sg.labels & 1073741824) <> 0)) or exists (select from access_grant sg where sg.grantee = any((select $2::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $3::bigint <= 0 and sg.ends - $3::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $4::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow)))) and s."date_lo" is null and (select count(*) from a) < 21
        order by s.rid desc limit 21 - (select count(*) from a)),
p as (select x.*, row_number() over (order by x.s1 desc nulls last, x.rid desc) as n from ((select * from a) union all (select * from b)) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[p.s1::text]::text[] as sort, null::int8 as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- DocumentReference?patient.name=anna (a doctor) (first, prepared)
with found as materialized (select rid from (select t.rid from str t where t.key = (select $1::int8)::int8 and t.val >= (select $2::text)::text and t.val < (select $3::text)::text) t limit 301),
much as materialized (select count(*) > 300 as yes from found),
led as materialized (select distinct l.rid as rid from "patient" l
        where not (select much.yes from much) and l.rid = any(array(select f.rid from found f)) and (l.keys @> array[(select $4::int8)::int8] or exists (select from access_grant lg where lg.grantee = any((select $5::int8[])::int8[]) and lg.effect = 1
    and lg.starts - $6::bigint <= 0 and lg.ends - $6::bigint > 0 and (lg.purpose = 0 or (lg.purpose & $7::integer) <> 0) and lg.pat = l.pat and lg.rid = any(array[0, l.rid]) and (lg.rid = 0 or lg.type = 'Patient') and case when l.labels = 0 then (lg.labels & 1073741824) <> 0 else ((l.labels & 3) <> 0 and (l.labels & 3 & ~lg.labels) = 0) or ((l.labels & 4092) <> 0 and (l.labels & 4094 & ~lg.labels) = 0) end and not lg.narrow offset 0))),
m as materialized (select s.rid, s.ver, s.pat from "documentreference" s where s.pat = any(array(select e.rid from led e)) and true and (exists (select from "patient" sx where sx.rid = s.pat and sx.keys @> array[(select $8::int8)::int8] offset 0) or exists (select from access_grant sg where sg.grantee = any((select $9::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $10::bigint <= 0 and sg.ends - $10::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $11::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow offset 0))),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
union all
select 'x', '', '', null, null, null, '', null, null, null, null where (select much.yes from much)
order by n;

-- DocumentReference?patient.name=anna (a doctor)
with p as (select x.*, row_number() over (order by x.rid desc) as n from (select s.rid, s.ver, s.pat from "documentreference" s where exists (select from "patient" sx where sx.rid = s.pat and (exists (select from str sxt where sxt.key = $1::int8 and sxt.rid = sx.rid and sxt.val >= $2::text and sxt.val < $3::text) and (sx.keys @> array[$4::int8] or exists (select from access_grant sxg where sxg.grantee = any($5::int8[]) and sxg.effect = 1
    and sxg.starts - $6::bigint <= 0 and sxg.ends - $6::bigint > 0 and (sxg.purpose = 0 or (sxg.purpose & $7::integer) <> 0) and sxg.pat = sx.pat and sxg.rid = any(array[0, sx.rid]) and (sxg.rid = 0 or sxg.type = 'Patient') and case when sx.labels = 0 then (sxg.labels & 1073741824) <> 0 else ((sx.labels & 3) <> 0 and (sx.labels & 3 & ~sxg.labels) = 0) or ((sx.labels & 4092) <> 0 and (sx.labels & 4094 & ~sxg.labels) = 0) end and not sxg.narrow)))) and (s.pat in (select sx.rid from "patient" sx where sx.keys @> array[$8::int8]) or ((s.pat in (select sg.pat from access_grant sg where sg.grantee = any($9::int8[]) and sg.effect = 1
    and sg.starts - $10::bigint <= 0 and sg.ends - $10::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $11::integer) <> 0) and sg.rid = 0) or s.rid in (select sg.rid from access_grant sg where sg.grantee = any($9::int8[]) and sg.effect = 1
    and sg.starts - $10::bigint <= 0 and sg.ends - $10::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $11::integer) <> 0) and sg.type = 'DocumentReference')) and (s.labels = 0 and (s.pat in (select sg.pat from access_grant sg where sg.grantee = any($9::int8[]) and sg.effect = 1
    and sg.starts - $10::bigint <= 0 and sg.ends - $10::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $11::integer) <> 0) and sg.rid = 0 and not sg.narrow and (sg.labels & 1073741824) <> 0)
    or (s.rid, s.pat) in (select sg.rid, sg.pat from access_grant sg where sg.grantee = any($9::int8[]) and sg.effect = 1
    and sg.starts - $10::bigint <= 0 and sg.ends - $10::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $11::integer) <> 0) and sg.type = 'DocumentReference' and not sg.narrow and (sg.labels & 1073741824) <> 0)) or exists (select from access_grant sg where sg.grantee = any($9::int8[]) and sg.effect = 1
    and sg.starts - $10::bigint <= 0 and sg.ends - $10::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $11::integer) <> 0) and sg.pat = s.pat and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow))))
        order by s.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, null::int8 as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
order by n;

-- DocumentReference?patient=anna (a doctor) (prepared)
with m as materialized (select s.rid, s.ver, s.pat from "documentreference" s where (s.pat = (select $1::int8)::int8 and (exists (select from "patient" sx where sx.rid = (select $3::int8)::int8 and sx.keys @> array[(select $2::int8)::int8] offset 0) or exists (select from access_grant sg where sg.grantee = any((select $4::int8[])::int8[]) and sg.effect = 1
    and sg.starts - $5::bigint <= 0 and sg.ends - $5::bigint > 0 and (sg.purpose = 0 or (sg.purpose & $6::integer) <> 0) and sg.pat = (select $7::int8)::int8 and sg.rid = any(array[0, s.rid]) and (sg.rid = 0 or sg.type = 'DocumentReference') and case when s.labels = 0 then (sg.labels & 1073741824) <> 0 else ((s.labels & 3) <> 0 and (s.labels & 3 & ~sg.labels) = 0) or ((s.labels & 4092) <> 0 and (s.labels & 4094 & ~sg.labels) = 0) end and not sg.narrow offset 0)))),
p as (select x.*, row_number() over (order by x.rid desc) as n from (select m.* from m order by m.rid desc limit 21) x)
select 'm' as kind, 'DocumentReference' as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[]::text[] as sort, (select count(*) from m) as total, p.n
        from p join "documentreference_v" v on v.rid = p.rid and v.ver = p.ver
order by n;
