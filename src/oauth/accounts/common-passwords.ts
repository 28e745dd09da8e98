/**
 * The list of passwords that are refused because everybody tries them: those of the published leaks' top ranks that have
 * twelve characters or more, and the ways in which they are built (one word and digits, one block again and again, a walk along
 * the keyboard). Works offline.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
 */
const words = [
  'chartshare',
  ...[
    'password',
    'passwort',
    'passw0rd',
    'p@ssword',
    'p@ssw0rd',
    'qwerty',
    'qwertyuiop',
    'azerty',
    'azertyuiop',
    'qwertz',
    'qwertzuiop',
  ],
  ...[
    'admin',
    'administrator',
    'welcome',
    'letmein',
    'iloveyou',
    'sunshine',
    'princess',
    'football',
    'baseball',
    'dragon',
    'monkey',
  ],
  ...[
    'superman',
    'batman',
    'starwars',
    'whatever',
    'trustno1',
    'changeme',
    'abc',
    'asdfgh',
    'asdfghjkl',
    'zxcvbn',
    'zxcvbnm',
  ],
  ...['1q2w3e4r', '1q2w3e4r5t', '1qaz2wsx', 'q1w2e3r4', 'qazwsx', 'qazwsxedc'],
]

const exact = new Set([
  ...[
    'unbelievable',
    'administrator',
    'basketball1',
    'christopher1',
    '1qaz2wsx3edc',
    '1q2w3e4r5t6y',
    'q1w2e3r4t5y6',
    'qwer1234asdf',
  ],
  ...[
    '1qaz2wsx3edc4rfv',
    'qazwsxedcrfv',
    'qweasdzxc123',
    'asdf1234asdf',
    '!qaz2wsx3edc',
    '1qazxsw23edc',
    'zaq12wsxcde3',
  ],
  ...[
    'qwertyuiopasdfghjklzxcvbnm',
    'letmeinplease',
    'passwordisaword',
    'ihatepasswords',
    'mypassword123',
    'thisismypassword',
  ],
  ...[
    'trustno1trustno1',
    'correcthorsebatterystaple',
    'unknownpassword',
    'nopassword123',
    'masterpassword',
    'adminpassword',
  ],
  ...[
    'rootpassword',
    'testpassword',
    'temppassword',
    'superpassword',
    'iloveyouforever',
    'iloveyou12345',
    'ilovemyfamily',
    'motherfucker',
  ],
])

const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890123456789',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertyuiopasdfghjklzxcvbnm',
  '1234567890qwertyuiop',
]
const walks = [...rows, ...rows.map((row) => [...row].reverse().join(''))].map((row) => row + row)

/** `personal`: what belongs to the person, such as the address or the name; a password that is only that is refused too. */
export function isCommonPassword(password: string, personal: readonly string[] = []): boolean {
  const plain = password.toLowerCase()
  const letters = plain.replace(/[^\p{L}]/gu, '')
  const core = plain.replace(/^[\d\W_]+|[\d\W_]+$/gu, '')
  return (
    exact.has(plain) ||
    words.includes(core) ||
    words.some((word) => isWordAndTail(plain, word)) ||
    /^(.{1,8}?)\1+$/u.test(plain) ||
    walks.some((walk) => walk.includes(plain)) ||
    personal.some((text) => text.length >= 4 && [plain, letters, core].includes(text.toLowerCase()))
  )
}

/** `password2024!`, `qwerty123456`, `1q2w3e4r5t!!`: a word that everybody uses, and nothing but digits and signs after it. */
function isWordAndTail(plain: string, word: string): boolean {
  return plain.startsWith(word) && /^[\d\W_]*$/u.test(plain.slice(word.length))
}
