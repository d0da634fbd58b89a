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
        "- persistentvolumeclaims get\n"
        "- persistentvolumes get,list,watch,update\n"
        "- serviceaccounts get\n"
        "- serviceaccounts/token create\n"
        "certificates.k8s.io clustertrustbundles get,list,watch\n"
        "certificates.k8s.io podcertificaterequests get,list,watch,create\n"
        "- events create,update,patch\n"
        "coordination.k8s.io leases get,create,update,patch\n",
    .configSchema =
        "max_pods int 110 # as many pods may be bound to this node\n"
        "cluster_dns list # addresses of the cluster's DNS; none: the service kube-dns, and without it the node's\n"
        "resolv_conf string /etc/resolv.conf # the node's own resolver configuration\n"
        "allowed_unsafe_sysctls list # that pods may set beside the safe ones: net.core.somaxconn, kernel.msg*\n"
        "pod_log_dir string # where containers' logs are kept; empty: below the data directory\n"
        "system_reserved list # what is kept from pods for the system: cpu=500m, memory=1Gi, "
        "ephemeral-storage=1Gi, pid=1000\n"
        "kube_reserved list # the same, for the node's own programs\n"
        "local_path_folder string # where volumes of the class local-path are kept; empty: below the data directory\n"
        "cgroup_root string /cleat # the cgroup of all pods of this node\n"
        "cgroups_per_qos bool true # pods are grouped and limited by their class and all together\n"
        "image_pull_credentials_verification_policy string NeverVerifyPreloadedImages "
        "# which images that are here already take a credential: NeverVerify, NeverVerifyPreloadedImages, "
        "NeverVerifyAllowlistedImages, AlwaysVerify\n"
        "preloaded_images_verification_allowlist list # repositories for NeverVerifyAllowlistedImages\n"
        "image_gc_high_threshold_percent int 85 # so full is the disk when unused images go; 100: never\n"
        "image_gc_low_threshold_percent int 80 # until so full\n"
        "image_gc_period duration 5m # so often it is looked at\n"
        "image_minimum_gc_age duration 2m # a younger image stays\n"
        "image_maximum_gc_age duration 0s # unused for longer, an image goes in any case; 0: it does not\n"
        "pinned_images list # repositories whose images stay\n");
