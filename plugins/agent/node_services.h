// What the workers of all pods of this node share. Owned by the agent, outlives every worker. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <string>
#include <vector>

#include "asio-common/io_thread.h"
#include "devices/device_services.h"
#include "images/image_puller.h"
#include "node/abilities.h"
#include "node/machine.h"
#include "node/node_status.h"
#include "node/own_node.h"
#include "node/qos_groups.h"
#include "node/resource_ledger.h"
#include "object_cache.h"
#include "pod/pod_files.h"
#include "pod/user_ranges.h"
#include "probes/net_client.h"
#include "runtime_client.h"
#include "volumes/claim_volumes.h"
#include "volumes/driver_services.h"
#include "volumes/local_path_volumes.h"
#include "volumes/pod_certificates.h"
#include "volumes/token_cache.h"

namespace cleat::agent {

struct NodeServices {
  explicit NodeServices(Context& ctx)
      : context(ctx), client(ctx), events(ctx, "kubelet", {.host = ctx.config().nodeName()}), runtime(ctx),
        network(ctx), pullRecords(ctx), images(ctx, runtime, pullRecords, events), objects(ctx), tokens(ctx),
        userRanges(ctx), services(ctx), net(ctx, io), self(ctx), certificates(ctx, self, events), claims(ctx, self),
        drivers(ctx, self, tokens, events), localVolumes(ctx, events), devices(ctx) {}

  Context& context;
  Client client;
  EventRecorder events;
  RuntimeClient runtime;
  NetworkClient network;
  PullRecords pullRecords;
  ImagePuller images;
  ObjectCache objects;
  TokenCache tokens;
  UserRanges userRanges;
  Informer<core_v1::Service> services;
  IoThread io;
  NetClient net;
  OwnNode self;
  PodCertificates certificates;
  ClaimVolumes claims;
  DriverServices drivers;
  LocalPathVolumes localVolumes;
  DeviceServices devices;

  // With the addresses of the service kube-dns where no setting names the cluster's DNS. `services` is synced.
  DnsFacts dnsFacts() const;

  ResourceLedger ledger;
  QosGroups qos{context, ledger};

  NodeIdentity identity;
  Machine machine;
  NodeAbilities abilities;
  DnsFacts dns;                       // as the settings say
  std::string hostsFile;              // the node's own /etc/hosts
  std::string podsFolder;             // each pod's files below it, by uid
  std::string logsFolder;             // each pod's logs below it
  std::string runtimeName = "cleat";  // in front of container ids
  bool runtimeNetworksItself = false;
};

}  // namespace cleat::agent
