/**
 * An element with its properties and children. Text is always text: nothing here parses HTML.
 *
 * `on…` properties become listeners, known properties are set, all others become attributes; absent and false ones are left out.
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else if (key in element && !key.includes('-') && key !== 'list' && key !== 'form') element[key] = value
    else element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

/** Shows a view, names the page after its heading and moves the focus there, so that a screen reader starts at the top of it. */
export function show(...content) {
  const main = document.getElementById('main')
  main.replaceChildren(...content.filter(Boolean))
  const heading = main.querySelector('h1')
  if (!heading) return
  document.title = heading.textContent === 'Chartshare' ? 'Chartshare' : `${heading.textContent} – Chartshare`
  heading.tabIndex = -1
  heading.focus({ preventScroll: true })
  window.scrollTo(0, 0)
}

/** Says something in passing; screen readers read it out. */
export function say(text) {
  document.getElementById('status').textContent = text
}

/** An error that says what happened and what to do, with a way out where there is one. */
export function problem(error, action) {
  say('')
  return h(
    'div',
    { className: 'problem', role: 'alert' },
    h('p', {}, error.message),
    action && h('button', { type: 'button', onclick: action.run }, action.text),
  )
}
