// The kinds of core/v1, each as it adds itself to the plugin's table: its facts, its defaults, its rules and its row.
// One file per kind (or a few small ones) defines them.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_quota.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::core {

inline constexpr const char* kSchemaFile = "kinds/core_v1.capnp";
inline constexpr const char* kQuotaSchemaFile = "kinds/core_v1_quota.capnp";

void addNamespaces(KindTable& table);
void addNodes(KindTable& table);
// Whether new pods may say which group they are in.
enum class SchedulingGroups : uint8_t { kept, dropped };
void addPods(KindTable& table, SchedulingGroups groups);
void addServices(KindTable& table);
void addEndpoints(KindTable& table);
void addConfigMaps(KindTable& table);
void addSecrets(KindTable& table);
void addServiceAccounts(KindTable& table);
// Of core/v1 and of events.k8s.io/v1.
void addEvents(KindTable& table);
void addLimitRanges(KindTable& table);
void addResourceQuotas(KindTable& table);

// The row of one pod, in the order of its columns (pod_row.cpp).
void printPod(core_v1::Pod::Reader pod, Cells& cells);
// The row of one service (service_row.cpp).
void printService(core_v1::Service::Reader service, Cells& cells);

}  // namespace cleat::kinds::core
