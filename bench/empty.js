// The reference for measuring `-r osh-ifaddrs/register`.
