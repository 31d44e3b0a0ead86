import type { NetworkInterfaceInfo } from 'node:os'

/**
 * A kernel interface that addresses are read from:
 *
 * - `rtnetlink`: rtnetlink(7), the one behind getifaddrs(3) and Node's own function. Tells everything.
 * - `ioctl`: netdevice(7) requests on a socket of any family. Tells links and IPv4.
 * - `procfs`: files in /proc/net. Tells IPv6.
 */
export type SourceName = 'rtnetlink' | 'ioctl' | 'procfs'

/** What there is to know: what the links are like, and the addresses of either family. */
export type Fact = 'links' | 'ipv4' | 'ipv6'

/**
 * What came of asking a source:
 *
 * - `skipped`: it was not asked, because nothing was missing or the caller left it out.
 * - `answered`: it told everything that it was asked for.
 * - `partial`: it told some of it; or, where `code` is EINTR, all of it while it went on changing, so that
 *   something may be missing.
 * - `denied`: a policy refused it.
 * - `absent`: this kernel, or this file system, does not have it.
 * - `failed`: something else went wrong, most often for a while only.
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
  /** The first refused call that cost something, such as `socket(AF_NETLINK)`; null when none was. */
  syscall: string | null
  /** The positive error number that it answered, such as 1; null when nothing was refused. */
  errno: number | null
  /** The name of that error number, such as `EPERM`; null when nothing was refused. */
  code: string | null
  /** What this source told. */
  facts: Fact[]
}

/** A property of networkInterfaces()'s answer that no source told. */
export interface Inference {
  /** The key in the answer. */
  name: string
  address: string
  /**
   * - `netmask`: (and with it `cidr`) inferred from the routes; 255.255.255.255 where none tells.
   * - `state`: that the link is up and running, inferred from the routes or from its having addresses;
   *   or which link it is, for which there is only the label's word where no AF_INET socket opens.
   * - `internal`: likewise, that it is the loopback link, or not.
   * - `mac`: unknown, and shown as zeros.
   */
  property: 'netmask' | 'state' | 'internal' | 'mac'
}

export interface Diagnosis {
  /** Everything was told by the kernel and of one moment, nothing inferred and nothing left out. */
  complete: boolean
  /** Facts that no source told. Addresses of a family named here are unknown, not absent. */
  missing: Fact[]
  /** One for each source, in the order in which they are tried; empty where the native function is used. */
  sources: SourceReport[]
  inferred: Inference[]
  /**
   * Addresses that were seen and left out, because no source could tell the link they are on, or because
   * that link went away each time when they were asked for.
   */
  omitted: { name: string; address: string }[]
}

/** Thrown by networkInterfaces() when no source told the addresses of either family. */
export interface UnavailableError extends Error {
  code: 'ERR_OSH_IFADDRS_UNAVAILABLE'
  /** The first refused call, such as `socket(AF_NETLINK)`. */
  syscall: string | null
  /** The positive error number that it answered. */
  errno: number | null
  /** What came of every source that was asked. */
  sources: SourceReport[]
}

/**
 * What os.networkInterfaces() gives, in the same form and order, read from the kernel without
 * getifaddrs(3). On platforms other than Linux and Android it is os.networkInterfaces() itself.
 *
 * @throws {TypeError} naming the argument, when `options` is not what it should be
 * @throws {UnavailableError} when no source answers
 * @throws {Error} why, when the addon cannot be loaded
 */
export function networkInterfaces(options?: Options): NodeJS.Dict<NetworkInterfaceInfo[]>

/**
 * Reads as networkInterfaces() does, and says what came of asking each source. Does not throw when no
 * source answers: that is then what it says.
 *
 * @throws {TypeError} naming the argument, when `options` is not what it should be
 * @throws {Error} why, when the addon cannot be loaded
 */
export function diagnose(options?: Options): Diagnosis

/**
 * Path of the library that gives other programs working getifaddrs(3) and if_nameindex(3) by
 * `LD_PRELOAD`; null where there is none.
 */
export const preloadPath: string | null
