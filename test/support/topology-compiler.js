'use strict'

// Turns the models that topology-arbitrary.js generates into commands for topology.js.

/** @typedef {import('./topology').Topology} Topology */
/** @typedef {Topology & { ordinary: boolean }} Generated */

const MAX_LABEL = 15

/** @param {string} text an argument in `ip -batch` */
const quote = (text) =>
  text === '' || text.includes("'") ? `"${text}"` : text.includes('"') ? `'${text}'` : text

/** Hands out names so that no two links share one. */
class Names {
  /** @type {Set<string>} */
  #used = new Set(['lo'])

  /** @param {string} preferred */
  allocate(preferred) {
    let free = preferred
    for (let i = 0; this.#used.has(free); i++) free = `l${this.#used.size + i}`
    this.#used.add(free)
    return free
  }

  /** @param {string} name */
  isFree(name) {
    return !this.#used.has(name)
  }
}

/**
 * Rewrites addresses to an ordinary network: each subnet is on one link, and its addresses have its prefix
 * length.
 *
 * @param {any[]} specs
 * @param {number} position of the link
 */
function makeOrdinary(specs, position) {
  return specs.map(({ address, suffix }, i) => {
    const [, , third, host] = address.split('.').map(Number)
    const subnet = (third + i) % 3
    // The loopback link's subnets are in a table that no file lists with links.
    if (position === 0)
      return { address: `10.0.0.${host + i * 7}`, prefix: 32, scope: 'global', extra: '' }
    return {
      address: `10.${position}.${subnet}.${((host + i * 7) % 120) + 1}`,
      prefix: [24, 25, 24][subnet],
      suffix,
      scope: 'global',
      extra: ''
    }
  })
}

/** @param {any} address @param {string} dev @param {string} label */
function ipv4Line({ address, prefix, peer, broadcast, scope, extra }, dev, label) {
  const local = peer ? `${address} peer ${peer}` : `${address}/${prefix}`
  // ip(8) computes no broadcast address for a /31 or /32.
  const isComputed = broadcast === '+' || broadcast === '-'
  const brd = broadcast && !(isComputed && (peer || prefix > 30)) ? `brd ${broadcast}` : ''
  const labelled = label === dev ? '' : `label ${quote(label)}`
  return `addr add ${local} ${brd} dev ${quote(dev)} ${labelled} scope ${scope} ${extra}`
}

/** @param {any} address @param {string} dev */
function ipv6Line({ address, prefix, extra, peer }, dev) {
  // The kernel makes temporary addresses for prefixes of 64 bits.
  const length = extra.includes('mngtmpaddr') ? 64 : prefix
  const local = peer ? `${address} peer ${peer}` : `${address}/${length}`
  // The kernel accepts a multicast address only if it may join the group.
  const join = address.startsWith('ff') ? 'autojoin' : ''
  return `addr add ${local} dev ${quote(dev)} ${extra} ${join}`
}

/** Turns a generated model into commands. */
class Compiler {
  /** @type {string[]} */
  tunnels = []
  /** @type {string[]} */
  lines = []
  /** @type {string[]} */
  addresses = []
  /** @type {{ name: string, spec: any }[]} */
  links = []
  /** @type {string[]} */
  altnames = []
  names = new Names()

  /** @param {any} unit */
  addUnit({ kind, hardware, index, recreate, links: [first, second] }) {
    const name = this.names.allocate(first.name)
    this.links.push({ name, spec: first })
    const number = index === undefined ? '' : `index ${index}`
    if (kind === 'tun' || kind === 'tap')
      return this.tunnels.push(`${kind} ${name} ${hardware ?? ''}`.trimEnd())
    if (kind === 'idle-tun') return this.lines.push(`tuntap add mode tun name ${quote(name)}`)

    const type = kind === 'ports' ? 'bridge' : kind
    const pair = kind === 'bridge' || kind === 'ifb' ? [] : [this.names.allocate(second.name)]
    if (kind === 'ports') pair.push(this.names.allocate('port'))
    for (const other of pair.slice(0, 1)) this.links.push({ name: other, spec: second })
    const peer = type === 'veth' ? `peer name ${quote(pair[0])}` : ''
    const command = `link add ${number} name ${quote(name)} type ${type} ${peer}`
    this.lines.push(command)
    if (recreate) this.lines.push(`link del dev ${quote(name)}`, command)
    if (kind !== 'ports') return
    this.lines.push(
      `link add name ${quote(pair[0])} type veth peer name ${quote(pair[1])}`,
      `link set dev ${quote(pair[1])} addrgenmode none`,
      `link set dev ${quote(pair[1])} master ${quote(name)}`,
      `link set dev ${quote(pair[1])} up`
    )
  }

  /** @param {{ name: string, spec: any }} link */
  setUp({ name, spec }) {
    const dev = `dev ${quote(name)}`
    // The kernel would add its own link-local addresses at any time.
    if (name !== 'lo') this.lines.push(`link set ${dev} addrgenmode none`)
    if (spec.mac && name !== 'lo') this.lines.push(`link set ${dev} address ${spec.mac}`)
    // A change of the mode has no effect on a link that is running.
    for (const setting of spec.settings ?? []) this.lines.push(`link set ${dev} ${setting}`)
    if (!spec.down && !spec.late) this.lines.push(`link set ${dev} up`)
    for (const altname of spec.altnames ?? []) this.addAltname(name, this.names.allocate(altname))
  }

  /** @param {string} name @param {string} altname */
  addAltname(name, altname) {
    this.altnames.push(altname)
    this.lines.push(`link property add dev ${quote(name)} altname ${quote(altname)}`)
  }

  /** @param {{ name: string, spec: any }} link @param {number} position @param {boolean} ordinary */
  addAddresses({ name, spec }, position, ordinary) {
    this.lines.push(...spec.ipv6.map((/** @type {any} */ address) => ipv6Line(address, name)))
    if (spec.disableIpv6) this.addresses.push(`ipv6 ${name} disable_ipv6 1`)
    const ipv4Specs = ordinary ? makeOrdinary(spec.ipv4, position) : spec.ipv4
    ipv4Specs.forEach((/** @type {any} */ address, /** @type {number} */ i) => {
      const label = ordinary ? undefined : spec.labels?.[i]
      this.addIPv4(name, address, label)
      if (address.again) this.addAgain(name, address, label)
    })
    if (spec.late && !spec.down) this.lines.push(`link set dev ${quote(name)} up`)
  }

  /** @param {string} name @param {any} address @param {any} label */
  addIPv4(name, address, label) {
    const text = this.labelText(name, address.suffix, label).slice(0, MAX_LABEL)
    if (label?.raw)
      this.addresses.push(`address ${name} ${address.address} ${address.prefix} ${text}`.trimEnd())
    else this.lines.push(ipv4Line(address, name, text))
  }

  /** @param {string} name @param {any} address @param {any} label */
  addAgain(name, address, label) {
    const { on, prefix, peer, sameLabel, suffix, label: other } = address.again
    const link = on === undefined ? name : this.links[on % this.links.length].name
    const copy = { ...address, prefix, peer, suffix: sameLabel ? address.suffix : suffix }
    // Under the label of the first one on another link, it is foreign there.
    const isForeign = sameLabel && label === undefined && link !== name
    const text = isForeign ? this.labelText(name, copy.suffix, undefined) : undefined
    this.addIPv4(link, copy, isForeign ? { text, raw: false } : sameLabel ? label : other)
  }

  /** @param {string} name @param {string | undefined} suffix of its own label @param {any} label */
  labelText(name, suffix, label) {
    if (label?.text !== undefined) return label.text
    const own = label === undefined
    const text = own ? name : this.nameFor(label)
    const end = own ? suffix : label.suffix
    return end === undefined ? text : `${text}:${end}`
  }

  /** @param {{ of: 'link' | 'down' | 'alternative', number: number }} label */
  nameFor({ of, number }) {
    const down = this.links.filter(({ spec }) => spec.down).map(({ name }) => name)
    const short = this.altnames.filter((altname) => altname.length <= MAX_LABEL)
    const all = this.links.map(({ name }) => name)
    const preferred = { link: all, down, alternative: short }[of]
    const names = preferred.length > 0 ? preferred : all
    return names[number % names.length]
  }

  /** @param {{ name: string, spec: any }} link */
  rename(link) {
    const { name, spec } = link
    if (!spec.rename || name === 'lo') return
    const { to, isDown, namesake } = spec.rename
    const newName = this.names.allocate(to)
    if (isDown) this.lines.push(`link set dev ${quote(name)} down`)
    this.setName(link, newName)
    if (isDown && !spec.down) this.lines.push(`link set dev ${quote(newName)} up`)
    if (namesake) this.addNamesake(link, namesake)
  }

  /** @param {{ name: string, spec: any }} link @param {any} namesake */
  addNamesake(link, { of, cut, alternative, down }) {
    const beginning = link.name.slice(0, MAX_LABEL - cut)
    const other = this.links[of % this.links.length]
    if (beginning === link.name || other === link || !this.names.isFree(beginning)) return
    const name = this.names.allocate(beginning)
    if (alternative) return this.addAltname(other.name, name)
    if (other.name === 'lo') return
    if (down) this.lines.push(`link set dev ${quote(other.name)} down`)
    this.setName(other, name)
  }

  /** @param {{ name: string }} link @param {string} newName */
  setName(link, newName) {
    const { name } = link
    this.lines.push(`link set dev ${quote(name)} name ${quote(newName)}`)
    link.name = newName
    // raw.c adds its addresses after the rename.
    for (const [i, line] of this.addresses.entries())
      this.addresses[i] = line.replace(
        /^(\w+ )(\S+)/,
        (_, verb, dev) => verb + (dev === name ? newName : dev)
      )
  }

  addMany() {
    for (let i = 0; i < 130; i++) {
      this.lines.push(
        `link add name m${i} type veth peer name n${i}`,
        `link set m${i} addrgenmode none`,
        `link set n${i} addrgenmode none`,
        `link set m${i} up`,
        `link set n${i} up`,
        `addr add 172.16.${i}.1/24 dev m${i}`,
        `addr add 172.17.${i}.1/24 dev n${i}`,
        `addr add fd00:${i}::1/64 dev n${i} nodad`
      )
    }
  }
}

/** @param {any} model @returns {Generated} */
function compile({ ordinary, many, temporary, withoutLoopbackAddress, lo, units }) {
  const compiler = new Compiler()
  // A link has the setting that was the default when it was made.
  if (temporary) compiler.tunnels.push('ipv6 default use_tempaddr 2')
  compiler.links.push({ name: 'lo', spec: lo })
  for (const one of units) compiler.addUnit(one)
  for (const each of compiler.links) compiler.setUp(each)
  compiler.links.forEach((each, position) => compiler.addAddresses(each, position, ordinary))
  for (const each of compiler.links) compiler.rename(each)
  // Before it comes up, the loopback link has no such address.
  if (withoutLoopbackAddress) compiler.lines.push('addr del ::1/128 dev lo')
  if (many) compiler.addMany()
  const { tunnels, lines, addresses } = compiler
  return { ordinary, tunnels, lines, addresses }
}

module.exports = { compile }
