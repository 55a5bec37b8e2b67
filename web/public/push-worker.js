// Shows alerts that are pushed to this browser, also when the page is closed. It fetches nothing
// and keeps nothing: the page works without it.
self.addEventListener('push', (event) => {
  let message = {};
  try {
    message = event.data?.json() ?? {};
  } catch {
    message = { body: event.data?.text() ?? '' };
  }
  const { title = 'Sluice', body = '', url = null, severity = null, id = title } = message;
  event.waitUntil(
    self.registration.showNotification(title, {
      body,
      // The same message again takes the place of the one before.
      tag: id,
      icon: '/icon.svg',
      requireInteraction: severity === 'critical',
      data: { url: url ?? '/#/alerts' },
    }),
  );
});

/** Only pages of this server are opened, whatever a message says. */
function ownAddress(url) {
  const address = new URL(url, self.location.origin);
  const own = new URL(address.pathname + address.search + address.hash, self.location.origin);
  return own.href;
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const address = ownAddress(event.notification.data?.url ?? '/#/alerts');
  event.waitUntil(
    self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((open) => {
      const page = open[0];
      if (page === undefined) return self.clients.openWindow(address);
      return page.navigate(address).then((shown) => (shown ?? page).focus());
    }),
  );
});
