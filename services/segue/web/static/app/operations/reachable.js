// Which addresses of services a browser can open.

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether the host of an address is one that a browser finds which found the page at another host.
 *
 * Names of one word are those of a network of containers, unless the page itself is called so; the loopback is
 * another machine's, unless the page is on it too.
 */
export function isReachable(address, pageHost) {
  const { hostname } = new URL(address);
  if (LOOPBACK.test(hostname)) return LOOPBACK.test(pageHost);
  return hostname === pageHost || /[.:]/.test(hostname);
}
