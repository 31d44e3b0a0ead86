import type { EventEmitter } from 'node:events'
import type { NetworkInterfaceInfo } from 'node:os'

/**
 * A kernel interface:
 *
 * - `rtnetlink`: rtnetlink(7), which getifaddrs(3) and Node's own function use. Reports everything.
 * - `ioctl`: netdevice(7) requests on a socket of any family. Reports links and IPv4.
 * - `procfs`: files in /proc/net. Reports IPv6.
 */
export type SourceName = 'rtnetlink' | 'ioctl' | 'procfs'

/** What a source can report: the links' properties, and the addresses of each family. */
export type Fact = 'links' | 'ipv4' | 'ipv6'

/**
 * The outcome of asking a source:
 *
 * - `skipped`: it was not asked, because nothing was missing or the caller excluded it.
 * - `answered`: it reported everything that was requested.
 * - `partial`: it reported a part. If `code` is EINTR, the addresses changed during every read, so some may
 *   be missing.
 * - `denied`: a policy refused it.
 * - `absent`: this kernel or this file system does not have it.
 * - `failed`: another error, usually a temporary one.
 */
export type SourceStatus = 'skipped' | 'answered' | 'partial' | 'denied' | 'absent' | 'failed'

export interface Options {
  /**
   * Ask only these sources, always in the order rtnetlink, ioctl, procfs. Not empty.
   * @default all of them
   */
  sources?: readonly SourceName[]
}

export interface SourceReport {
  name: SourceName
  status: SourceStatus
  /** The first refused call that cost a fact, such as `socket(AF_NETLINK)`; null when none was. */
  syscall: string | null
  /** That call's positive error number, such as 1; null when nothing was refused. */
  errno: number | null
  /**
   * The error number's name, such as `EPERM`; null when nothing was refused. EBADMSG: a file of /proc/net is not
   * the kernel's, because it is on another file system (`fstatfs`) or in another format (`read`); or it is empty, and
   * fstatfs(2) is refused.
   */
  code: string | null
  /** What this source reported. */
  facts: Fact[]
}

/** A property in the result of networkInterfaces() that no source reported. */
export interface Inference {
  /** The key in the result. */
  name: string
  address: string
  /**
   * - `netmask` (and with it `cidr`): inferred from the routes; 255.255.255.255 without a matching route.
   * - `state`: whether the link is up and running, inferred from its routes or addresses (up and running if they do
   *   not show it); or which link it is, inferred from the label if no AF_INET socket can be opened.
   * - `internal`: likewise, whether it is the loopback link.
   * - `mac`: unknown, shown as zeros.
   */
  property: 'netmask' | 'state' | 'internal' | 'mac'
}

export interface Diagnosis {
  /** The kernel reported everything, in one state: nothing is inferred and nothing is missing. */
  complete: boolean
  /** Facts that no source reported. Addresses of a family in this list are unknown, not absent. */
  missing: Fact[]
  /** One for each source, in the order in which they are tried; empty if the native function is used. */
  sources: SourceReport[]
  inferred: Inference[]
  /**
   * Addresses that the kernel reported and the result lacks, because no source reported their link, or because
   * that link disappeared during every read.
   */
  omitted: { name: string; address: string }[]
}

/**
 * Thrown by networkInterfaces() and interfaces() when no source reports the addresses of either family; and when descriptors or
 * memory run out, because the result would lack something. Then `errno` is that of EMFILE, ENFILE, ENOMEM or
 * ENOBUFS, and a later call can succeed.
 */
export interface UnavailableError extends Error {
  code: 'ERR_OSH_IFADDRS_UNAVAILABLE'
  /** The call for which descriptors or memory ran out; else the first refused call, such as `socket(AF_NETLINK)`. */
  syscall: string | null
  /** That call's positive error number. */
  errno: number | null
  /** The outcome of every source that was asked. */
  sources: SourceReport[]
}

/**
 * The result of os.networkInterfaces(), in the same form and order, read from the kernel without
 * getifaddrs(3). On platforms other than Linux and Android it calls os.networkInterfaces().
 *
 * @throws {TypeError} when `options` is invalid; names the argument
 * @throws {UnavailableError} when no source answers, or descriptors or memory run out
 * @throws {Error} why, when the addon cannot be loaded
 */
export function networkInterfaces(options?: Options): NodeJS.Dict<NetworkInterfaceInfo[]>

/** A link, whether or not it is up or has addresses. What no source reports is null. */
export interface Interface {
  name: string
  /** As of if_nametoindex(3). Null on platforms other than Linux and Android. */
  index: number | null
  /**
   * - `up`: up and running.
   * - `dormant`: up, with a carrier, and waiting for something else, such as 802.1X.
   * - `no-carrier`: up, but not running.
   * - `down`: not up.
   *
   * ioctl does not tell `dormant` from `no-carrier`: then it is `no-carrier`, and listed in `inferred`. Without
   * rtnetlink and ioctl, it is inferred from the addresses and their routes.
   */
  state: 'up' | 'dormant' | 'no-carrier' | 'down' | null
  /** ip(8)'s name of the hardware type, such as `ether`, `loopback`, `none`; a number in brackets without a name. */
  type: string | null
  /** ip(8)'s name of the kind, such as `veth`; null for hardware. Only rtnetlink reports it. */
  kind: string | null
  /**
   * All bytes of the hardware address: 6 of Ethernet, 20 of InfiniBand, 4 of an IPv4 tunnel. Null without one.
   * ioctl reports those of 14 bytes at most, and none but Ethernet's if the policy refuses SIOCETHTOOL.
   */
  mac: string | null
  /** In bytes. */
  mtu: number | null
  /** Whether it is a loopback link. */
  internal: boolean | null
  /**
   * The kernel's names of the flags that are set, IFF_LOWER_UP as `lower-up`. ioctl reports neither `lower-up`,
   * `dormant` nor `echo`.
   */
  flags: string[] | null
  /** Its other names (`ip link property add … altname …`). Only rtnetlink reports them. */
  alternativeNames: string[] | null
  addresses: InterfaceAddress[]
  /** The properties that were inferred: `state`, `internal`; `name`, from a label. */
  inferred: ('state' | 'internal' | 'name')[]
}

/** What no source reports is null, and so is what an address of this family does not have. */
export interface InterfaceAddress {
  family: 'IPv4' | 'IPv6'
  address: string
  /** Of the peer, if there is one. Null only where os.networkInterfaces() is asked and has none. */
  prefixLength: number | null
  netmask: string
  /** Null where `prefixLength` is. */
  cidr: string | null
  /** Of an IPv4 address: mostly the link's name, or that and a suffix. */
  label: string | null
  /** `nowhere` or another scope is a number. Of IPv4, only rtnetlink reports it. */
  scope: 'global' | 'site' | 'link' | 'host' | number | null
  /** Of an IPv6 address: the link's index if it is link-local, else 0. */
  scopeid: number | null
  /** Of an IPv4 address. */
  broadcast: string | null
  /** The other end of a point-to-point link. Of IPv6, only rtnetlink reports it. */
  peer: string | null
  /**
   * The kernel's names of the flags that are set, IFA_F_TENTATIVE as `tentative`. Of IPv4, only rtnetlink reports
   * them; of IPv6, procfs reports the first eight.
   */
  flags: string[] | null
  /**
   * The properties that were inferred: `prefixLength`, with `netmask` and `cidr`, from routes; `link`: only the label
   * says that the address is on this link.
   */
  inferred: ('prefixLength' | 'netmask' | 'cidr' | 'link')[]
}

/**
 * Every link of the caller's network namespace, by ascending index, with everything known about it. Addresses of a
 * family that no source reports, and those that diagnose() lists in `omitted`, are absent. Either rtnetlink lists all
 * links, or ioctl and procfs together; otherwise those without addresses are absent. On platforms other than Linux and
 * Android, it has what os.networkInterfaces() reports.
 *
 * @throws {TypeError} when `options` is invalid; names the argument
 * @throws {UnavailableError} when no source reports addresses, or descriptors or memory run out
 * @throws {Error} why, when the addon or another file of this package cannot be loaded
 */
export function interfaces(options?: Options): Interface[]

export interface WatchOptions extends Options {
  /** Closes the watcher when it is aborted. An iterator then throws an `AbortError`. */
  signal?: AbortSignal
  /**
   * Whether the watcher keeps the process alive.
   * @default true
   */
  persistent?: boolean
  /**
   * Milliseconds between two reads if the mode is `polling`, from 1 to 2147483647.
   * @default 1000
   */
  interval?: number
  /**
   * Milliseconds from the first change to the read if the mode is `netlink`, from 0 to 2147483647. Later changes do
   * not extend it.
   * @default 20
   */
  settle?: number
}

/** What differs between two results of interfaces(). A link that was renamed is in `changed`. */
export interface InterfaceChange {
  /** The result now. */
  interfaces: Interface[]
  added: Interface[]
  removed: Interface[]
  changed: { before: Interface; after: Interface }[]
}

/**
 * Emits `change` with an {@link InterfaceChange} if the result of interfaces() has changed; `error` if it cannot be
 * read any more, and then `close`; `close` when it is closed. A shortage of descriptors or memory is no error: it reads
 * again.
 *
 * An iterator yields the changes since watch() was called, several as one if the loop's body is slow. It closes the
 * watcher when it ends, ends when the watcher closes, and throws the watcher's error.
 */
export interface InterfaceWatcher extends EventEmitter, AsyncIterable<InterfaceChange> {
  /**
   * - `netlink`: the kernel reports each change. While there is none, nothing is read.
   * - `polling`: netlink is refused, not among the sources, or does not report everything; or the thread, or the
   *   descriptors for it, could not be had; or the platform is neither Linux nor Android.
   */
  readonly mode: 'netlink' | 'polling'
  /** Ends everything. Emits `close` afterwards, and nothing else. */
  close(): void
  /** Keeps the process alive, as by default. */
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
 * Reports changes of what interfaces() returns, in the network namespace in which the calling thread is now. Where
 * netlink is open, the kernel reports each change, by a thread; otherwise it is read at intervals. After a read of some
 * duration, four times that duration passes before the next.
 *
 * @param listener of `change`
 * @throws {TypeError} when an argument is invalid; names it
 * @throws {UnavailableError} when no source reports addresses, or descriptors or memory run out
 * @throws {Error} why, when the addon or another file of this package cannot be loaded
 */
export function watch(
  options?: WatchOptions,
  listener?: (change: InterfaceChange) => void
): InterfaceWatcher
export function watch(listener: (change: InterfaceChange) => void): InterfaceWatcher

/**
 * Reads like networkInterfaces() and reports the outcome of asking each source. Does not throw when no source
 * answers: the outcomes show it.
 *
 * @throws {TypeError} when `options` is invalid; names the argument
 * @throws {Error} why, when the addon cannot be loaded
 */
export function diagnose(options?: Options): Diagnosis

/**
 * The path for `LD_PRELOAD`: a library that gives other programs a working getifaddrs(3) and
 * if_nameindex(3). Null where there is none. Searched for when it is read.
 */
export const preloadPath: string | null
