import type { EventEmitter } from 'node:events'
import type { NetworkInterfaceInfo } from 'node:os'

/**
 * A kernel interface:
 *
 * - `rtnetlink`: rtnetlink(7), which getifaddrs(3) and the native function use. Reports everything.
 * - `ioctl`: netdevice(7) requests on a socket of any family. Reports links and IPv4 addresses.
 * - `procfs`: files in /proc/net. Reports IPv6 addresses.
 *
 * docs/interfaces.md lists which source reports which property.
 */
export type SourceName = 'rtnetlink' | 'ioctl' | 'procfs'

/** What a source can report: the links' properties, and the addresses of each family. */
export type Fact = 'links' | 'ipv4' | 'ipv6'

/**
 * The outcome of asking a source:
 *
 * - `skipped`: it was not asked, because nothing was missing or the caller excluded it.
 * - `answered`: it reported everything that was requested.
 * - `partial`: it reported a part. If `code` is EINTR, the addresses changed during every read, and some may
 *   be missing.
 * - `denied`: a policy refused it.
 * - `absent`: this kernel or this file system does not have it.
 * - `failed`: it failed with another error, usually a temporary one.
 */
export type SourceStatus = 'skipped' | 'answered' | 'partial' | 'denied' | 'absent' | 'failed'

export interface Options {
  /**
   * The sources to ask: at least one. They are always asked in the order rtnetlink, ioctl, procfs.
   * @default all of them
   */
  sources?: readonly SourceName[]
}

export interface SourceReport {
  name: SourceName
  status: SourceStatus
  /** The first refused call that cost a fact, such as `socket(AF_NETLINK)`; null if no call was refused. */
  syscall: string | null
  /** That call's error number, positive, such as 1; null if no call was refused. */
  errno: number | null
  /**
   * The error number's name, such as `EPERM`; null if no call was refused. EBADMSG: a file of /proc/net is not
   * the kernel's, because it is on another file system (`fstatfs`) or in another format (`read`); or it is empty and
   * fstatfs(2) is refused.
   */
  code: string | null
  /** What this source reported. */
  facts: Fact[]
}

/** A property in the result of networkInterfaces() that no source reported. docs/differences.md lists when. */
export interface Inference {
  /** The key in the result. */
  name: string
  address: string
  /**
   * - `netmask` (and with it `cidr`): inferred from the routes; 255.255.255.255 without a matching route.
   * - `state`: whether the link is up and running, inferred from its routes or addresses (up and running if they do
   *   not show it); or which link it is, inferred from the label if no AF_INET socket can be opened.
   * - `internal`: whether it is the loopback link, inferred in the same way.
   * - `mac`: unknown, reported as zeros.
   */
  property: 'netmask' | 'state' | 'internal' | 'mac'
}

export interface Diagnosis {
  /** Whether the kernel reported everything, in one state: nothing is inferred and nothing is missing. */
  complete: boolean
  /** Facts that no source reported. Addresses of a family in this list are unknown, not absent. */
  missing: Fact[]
  /** One for each source, in the order in which they are asked; empty on platforms other than Linux and Android. */
  sources: SourceReport[]
  inferred: Inference[]
  /**
   * Addresses that the kernel reported and the result lacks, because no source reported their link, or because
   * that link disappeared during every read.
   */
  omitted: { name: string; address: string }[]
}

/**
 * networkInterfaces(), interfaces() and watch() throw it in two cases:
 *
 * - No source reports the addresses of either family.
 * - Descriptors or memory run out, and the result would lack something. Then `errno` is that of EMFILE, ENFILE, ENOMEM
 *   or ENOBUFS, and a later call can succeed.
 */
export interface UnavailableError extends Error {
  code: 'ERR_OSH_IFADDRS_UNAVAILABLE'
  /** The call for which descriptors or memory ran out; else the first refused call, such as `socket(AF_NETLINK)`. */
  syscall: string | null
  /** That call's error number, positive. */
  errno: number | null
  /** The outcome of every source that was asked. */
  sources: SourceReport[]
}

/**
 * Returns what os.networkInterfaces() returns, in the same form and order, without calling getifaddrs(3). On platforms
 * other than Linux and Android, it calls os.networkInterfaces(). docs/differences.md lists what differs if calls are
 * refused.
 *
 * @param options which sources to ask
 * @throws {TypeError} if `options` is invalid; the message names the argument
 * @throws {UnavailableError} if no source reports addresses, or descriptors or memory run out
 * @throws {Error} if the addon cannot be loaded; the message says why, and what to do
 */
export function networkInterfaces(options?: Options): NodeJS.Dict<NetworkInterfaceInfo[]>

/** A link, up or down, with or without addresses. What no source reports is null. */
export interface Interface {
  name: string
  /** The index that if_nametoindex(3) returns. Null on platforms other than Linux and Android. */
  index: number | null
  /**
   * - `up`: up and running.
   * - `dormant`: up, with a carrier, and waiting for something else, such as 802.1X.
   * - `no-carrier`: up, but not running.
   * - `down`: not up.
   *
   * ioctl does not distinguish `dormant` from `no-carrier`: then it is `no-carrier`, and listed in `inferred`. Without
   * rtnetlink and ioctl, it is inferred from the addresses and their routes.
   */
  state: 'up' | 'dormant' | 'no-carrier' | 'down' | null
  /** ip(8)'s name of the hardware type, such as `ether`, `loopback`, `none`; a number in brackets without a name. */
  type: string | null
  /** ip(8)'s name of the kind, such as `veth`; null for hardware. Only rtnetlink reports it. */
  kind: string | null
  /**
   * The whole hardware address: 6 bytes for Ethernet, 20 for InfiniBand, 4 for an IPv4 tunnel. Null without one.
   * ioctl reports addresses of at most 14 bytes. If the policy refuses SIOCETHTOOL, it reports only Ethernet's.
   */
  mac: string | null
  /** The MTU, in bytes. */
  mtu: number | null
  /** Whether it is a loopback link. */
  internal: boolean | null
  /**
   * The kernel's names of the flags that are set: IFF_LOWER_UP is `lower-up`. ioctl does not report `lower-up`,
   * `dormant` and `echo`.
   */
  flags: string[] | null
  /** The link's other names (`ip link property add … altname …`). Only rtnetlink reports them. */
  alternativeNames: string[] | null
  addresses: InterfaceAddress[]
  /** Which properties were inferred. `name` is inferred from a label. */
  inferred: ('state' | 'internal' | 'name')[]
}

/** An address of a link. A property is null if no source reports it, or if addresses of this family do not have it. */
export interface InterfaceAddress {
  family: 'IPv4' | 'IPv6'
  address: string
  /**
   * In bits. If there is a peer, it is the peer's. Null only on platforms other than Linux and Android, if
   * os.networkInterfaces() reports none.
   */
  prefixLength: number | null
  netmask: string
  /** The address and the prefix length, as in `10.0.0.1/24`. Null if `prefixLength` is null. */
  cidr: string | null
  /** Only for IPv4: usually the link's name, or the name and a suffix, such as `eth0:1`. */
  label: string | null
  /** A number if the scope has none of these names. For IPv4, only rtnetlink reports it. */
  scope: 'global' | 'site' | 'link' | 'host' | number | null
  /** Only for IPv6: the link's index if the address is link-local, else 0. */
  scopeid: number | null
  /** Only for IPv4. */
  broadcast: string | null
  /** The address of the other end of a point-to-point link. For IPv6, only rtnetlink reports it. */
  peer: string | null
  /**
   * The kernel's names of the flags that are set: IFA_F_TENTATIVE is `tentative`. For IPv4, only rtnetlink reports
   * them. For IPv6, procfs reports the first eight.
   */
  flags: string[] | null
  /**
   * Which properties were inferred. `prefixLength`, `netmask` and `cidr` are inferred from routes. `link`: only the
   * label says that the address is on this link.
   */
  inferred: ('prefixLength' | 'netmask' | 'cidr' | 'link')[]
}

/**
 * Returns every link of the caller's network namespace, by ascending index, with everything known about it. See
 * docs/interfaces.md. On platforms other than Linux and Android, it returns what os.networkInterfaces() reports.
 *
 * The result lacks addresses of a family that no source reports, and those that diagnose() lists in `omitted`. All links
 * are listed if rtnetlink lists them, or ioctl and procfs together. Otherwise links without addresses are missing.
 *
 * @param options which sources to ask
 * @throws {TypeError} if `options` is invalid; the message names the argument
 * @throws {UnavailableError} if no source reports addresses, or descriptors or memory run out
 * @throws {Error} if the addon or another file of this package cannot be loaded; the message says why
 */
export function interfaces(options?: Options): Interface[]

export interface WatchOptions extends Options {
  /** Aborting this signal closes the watcher. An iterator then throws an `AbortError`. */
  signal?: AbortSignal
  /**
   * Whether the watcher keeps the process alive.
   * @default true
   */
  persistent?: boolean
  /**
   * The time between two reads if the mode is `polling`: in milliseconds, from 1 to 2147483647.
   * @default 1000
   */
  interval?: number
  /**
   * The time from the first change to the read if the mode is `netlink`: in milliseconds, from 0 to 2147483647. Later
   * changes do not extend it.
   * @default 20
   */
  settle?: number
}

/** The differences between two results of interfaces(). A renamed link is in `changed`. */
export interface InterfaceChange {
  /** The newer result. */
  interfaces: Interface[]
  added: Interface[]
  removed: Interface[]
  changed: { before: Interface; after: Interface }[]
}

/**
 * Emits these events:
 *
 * - `change`, with an {@link InterfaceChange}: the result of interfaces() has changed.
 * - `error`: the interfaces cannot be read any more. `close` follows. A shortage of descriptors or memory is no error:
 *   the watcher reads again.
 * - `close`: the watcher is closed.
 *
 * An iterator yields the changes since watch() was called. If the loop's body is slow, it yields several changes as
 * one. If the loop ends, the iterator closes the watcher. If the watcher closes, the iterator ends. It throws the
 * watcher's error.
 */
export interface InterfaceWatcher extends EventEmitter, AsyncIterable<InterfaceChange> {
  /**
   * - `netlink`: the kernel reports each change. While nothing changes, nothing is read.
   * - `polling`: netlink is refused, is not among the sources, or does not report everything; or the thread, or its
   *   descriptors, could not be created; or the platform is neither Linux nor Android.
   */
  readonly mode: 'netlink' | 'polling'
  /** Stops watching. Emits `close` afterwards, and nothing else. */
  close(): void
  /** Keeps the process alive. This is the default. */
  ref(): this
  /** Does not keep the process alive. */
  unref(): this

  on(event: 'change', listener: (change: InterfaceChange) => void): this
  on(event: 'error', listener: (error: Error) => void): this
  on(event: 'close', listener: () => void): this
  on(event: string | symbol, listener: (...args: any[]) => void): this
  once(event: 'change', listener: (change: InterfaceChange) => void): this
  once(event: 'error', listener: (error: Error) => void): this
  once(event: 'close', listener: () => void): this
  once(event: string | symbol, listener: (...args: any[]) => void): this
  [Symbol.asyncIterator](): AsyncGenerator<InterfaceChange, void, void>
}

/**
 * Reports changes of what interfaces() returns, in the network namespace in which the calling thread is now. See
 * docs/watch.md. If the sandbox allows netlink, a thread waits for the kernel to report a change. Otherwise the watcher
 * reads at intervals. Before the next read, it waits at least four times as long as the last one took.
 *
 * @param options which sources to ask, and when to read
 * @param listener is called for each `change`
 * @throws {TypeError} if an argument is invalid; the message names it
 * @throws {UnavailableError} if no source reports addresses, or descriptors or memory run out
 * @throws {Error} if the addon or another file of this package cannot be loaded; the message says why
 */
export function watch(
  options?: WatchOptions,
  listener?: (change: InterfaceChange) => void
): InterfaceWatcher
export function watch(listener: (change: InterfaceChange) => void): InterfaceWatcher

/**
 * Reads like networkInterfaces(), and returns the outcome of asking each source. If no source answers, it does not
 * throw: the outcomes show it. `osh-ifaddrs doctor` prints the same, and the cause: see docs/doctor.md.
 *
 * @param options which sources to ask
 * @throws {TypeError} if `options` is invalid; the message names the argument
 * @throws {Error} if the addon cannot be loaded; the message says why, and what to do
 */
export function diagnose(options?: Options): Diagnosis

/**
 * The path for `LD_PRELOAD`: a library with which getifaddrs(3) and if_nameindex(3) work in other programs. Null if
 * there is none for this machine. The file is searched for at each access. See docs/preload.md.
 */
export const preloadPath: string | null
