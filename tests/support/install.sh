#!/bin/sh
# Installs Debian's packages of these names, as root or by sudo, and keeps them from ever starting a service of their own.
set -eu
# One after another: apt gives up at once while another holds its lists, and the first one's end takes the policy away.
exec 9<"$0"
flock 9

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    # Debian asks this program whether an installed package may start its service.
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
fi

as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
for package in "$@"; do
    if [ -e "/etc/init.d/$package" ]; then as_root update-rc.d "$package" disable; fi
done
