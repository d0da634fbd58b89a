// Binds pods to nodes.
#include "placing.h"

using cleat::scheduling::Placing;

CLEAT_PLUGIN(
    Placing, .name = "scheduler-default", .version = "0.2.0", .maturity = "beta", .roles = "scheduler",
    .grants =
        "- namespaces,nodes,services get,list,watch\n"
        "- persistentvolumeclaims,persistentvolumes get,list,update,watch\n"
        "- pods get,list,watch,delete\n- pods/binding create\n- pods/status update\n"
        "policy poddisruptionbudgets get,list,watch\n"
        "resource.k8s.io deviceclasses,devicetaintrules,resourceslices get,list,watch\n"
        "resource.k8s.io resourceclaims create,delete,get,list,update,watch\n"
        "resource.k8s.io resourceclaims/status,resourceclaims/binding update\n"
        "scheduling.k8s.io podgroups get,list,watch\n"
        "scheduling.k8s.io podgroups/status update\n"
        "storage.k8s.io csidrivers,csinodes,csistoragecapacities get,list,watch\n"
        "storage.k8s.io storageclasses,volumeattachments get,list,watch\n"
        "- events create,patch,update\n",
    .configSchema =
        "scheduler_name string default-scheduler # pods with this spec.schedulerName are its own\n"
        "profiles list # more names of schedulers that it stands for\n"
        "scoring string spread # LeastAllocated (spread), MostAllocated (pack) or RequestedToCapacityRatio\n"
        "profile_scoring list # SCHEDULER/SCORING: another scoring of one profile\n"
        "disabled list # scheduling plugins that are off: NAME or SCHEDULER/NAME\n"
        "weights list # scores' weights: NAME=NUMBER or SCHEDULER/NAME=NUMBER\n"
        "resources list # what is scored, with its weight: cpu=1\n"
        "shape list # of RequestedToCapacityRatio, hundredths in use and a mark to 10: 0=0\n"
        "extensions tables # plugins that have a say in it: name, weight, failure_policy, timeout, …\n"
        "extenders tables # HTTP extenders, as in a KubeSchedulerConfiguration\n"
        "gang_scheduling bool false # pods of a PodGroup are placed together; the kinds are kinds-scheduling-beta's\n"
        "device_binding_timeout duration 10m # how long devices with binding conditions may take to become ready\n"
        "bindings_in_flight int 256 # how many bindings may be under way at a time\n");
