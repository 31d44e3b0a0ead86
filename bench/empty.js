// What `-r osh-ifaddrs/register` is measured against.
