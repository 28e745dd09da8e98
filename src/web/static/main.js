import { h, problem, say, show } from './dom.js'
import { documentView } from './document.js'
import { documentsView } from './documents.js'
import { get } from './fhir.js'
import { finishSignIn, movesHome, session, signIn, signOut } from './smart.js'
import { uploadView } from './upload.js'
import { nameText } from './words.js'

/** The resource of whoever is signed in; undefined as long as nobody is. */
let person

window.addEventListener('hashchange', route)
window.addEventListener('signed-out', (event) => welcome(event.detail))
try {
  await finishSignIn()
  await start()
} catch (error) {
  show(h('h1', {}, 'Chartshare'), problem(error, { text: 'Sign in again', run: trySignIn }))
}

async function start() {
  const current = session()
  if (!current) {
    if (!(await movesHome())) welcome()
    return
  }
  person = await get(current.fhirUser)
  const name = nameText(person.name)
  document
    .getElementById('account')
    .replaceChildren(
      h('span', { className: 'who' }, name),
      h('a', { href: '/account' }, 'Your account'),
      h('button', { type: 'button', className: 'quiet', onclick: trySignOut }, 'Sign out'),
    )
  const printedAt = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  window.addEventListener('beforeprint', () => {
    document.getElementById('printed').textContent =
      `Printed from Chartshare by ${name}, ${printedAt.format(new Date())}`
  })
  await route()
}

/** `#/` the documents, `#/documents/1` one of them, `#/upload` the form for a new one. */
async function route() {
  const [, view, id] = location.hash.split('/')
  // A link such as "skip to the content" is no view.
  if (location.hash && view === undefined) return
  if (!person || !session()) return welcome()
  say('')
  try {
    if (view === 'upload') uploadView(person)
    else if (view === 'documents' && id) await documentView(id)
    else await documentsView(person)
  } catch (error) {
    // Whoever was signed out sees the first page already.
    if (error.status === 401) return
    show(
      h('h1', {}, 'That did not work'),
      problem(error, { text: 'Try again', run: route }),
      h('p', {}, h('a', { href: '#/' }, 'To my documents')),
    )
  }
}

function welcome(error) {
  document.getElementById('account').replaceChildren()
  show(
    h('h1', {}, 'Chartshare'),
    error && problem(error),
    h('p', { className: 'lead' }, 'Medical documents, shared with the people whom they concern and with nobody else.'),
    h('p', {}, h('button', { type: 'button', className: 'primary', onclick: trySignIn }, 'Sign in')),
    h(
      'ul',
      { className: 'plain' },
      h('li', {}, h('a', { href: 'register' }, 'Register as a doctor')),
      h('li', {}, h('a', { href: 'activate' }, 'Activate an account with a code that you were given')),
      h('li', {}, h('a', { href: 'forgot' }, 'Set a new password')),
    ),
  )
}

async function trySignIn() {
  say('Opening the sign-in page…')
  await signIn().catch(welcome)
}

async function trySignOut() {
  person = undefined
  await signOut().catch(welcome)
}
