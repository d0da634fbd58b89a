// The plugin's manifest and its one exported function.
#include "agent.h"

CLEAT_PLUGIN(
    cleat::agent::Agent, .name = "agent", .version = "0.1.0", .maturity = "beta", .roles = "controller",
    .grants =
        "- nodes get,list,watch,create,update,patch\n"
        "- nodes/status get,update,patch\n"
        "- pods get,list,watch,create,delete\n"
        "- pods/status get,update,patch\n"
        "- services get,list,watch\n"
        "- configmaps,secrets get,list,watch\n"
        "- serviceaccounts/token create\n"
        "- events create,update,patch\n"
        "coordination.k8s.io leases get,create,update,patch\n",
    .configSchema =
        "max_pods int 110 # as many pods may be bound to this node\n"
        "cluster_dns list # addresses of the cluster's DNS; none: pods use the node's\n"
        "resolv_conf string /etc/resolv.conf # the node's own resolver configuration\n"
        "allowed_unsafe_sysctls list # that pods may set beside the safe ones: net.core.somaxconn, kernel.msg*\n"
        "pod_log_dir string # where containers' logs are kept; empty: below the data directory\n");
