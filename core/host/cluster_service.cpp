#include "core/host/cluster_service.h"

#include <kj/exception.h>

#include <set>
#include <utility>

namespace cleat::host {
namespace {

// What a plugin can say of itself; the rest is cut off.
constexpr size_t kLongestReport = 1024;

// Turns whatever `read` throws on a message that is not of its type into an error.
template <class F>
auto decode(F read) -> decltype(read()) {
  try {
    return read();
  } catch (const kj::Exception& error) {
    return fail(Status::badRequest(std::string("malformed parameters: ") + error.getDescription().cStr()));
  }
}

Result<bus::Target> targetOf(const object::KindRegistry& kinds, wire::ResourceRef::Reader ref) {
  std::string group = textOf(ref.getGroup()), version = textOf(ref.getVersion()), resource = textOf(ref.getResource());
  bus::Target target;
  target.kind = version.empty() ? kinds.findResource(group, resource) : kinds.find(group, version, resource);
  if (!target.kind) {
    Status error = Status::notFound(group.empty() ? resource : resource + "." + group, "");
    error.message = "the server could not find the requested resource (" + resource +
                    (group.empty() ? "" : "." + group) + (version.empty() ? "" : ", version " + version) + ")";
    return fail(std::move(error));
  }
  target.subresource = textOf(ref.getSubresource());
  target.ns = textOf(ref.getNamespace());
  target.name = textOf(ref.getName());
  return target;
}

template <class T>
Result<bus::Target> targetIn(const object::KindRegistry& kinds, const Message& params) {
  return decode([&] { return targetOf(kinds, params.root<T>().getRef()); });
}

Outcome withObject(const object::ObjectRef& object, const std::vector<std::string>& warnings) {
  Outcome outcome;
  outcome.payload.message = makeMessage<wire::ObjectResults>([&](wire::ObjectResults::Builder results) {
    setTexts(results.initWarnings(static_cast<unsigned>(warnings.size())), warnings);
  });
  if (object) outcome.payload.objects.push_back({object->message(), object->revision()});
  return outcome;
}

Outcome withWritten(Result<bus::Written> written) {
  if (!written) return outcomeOf(written.error());
  return withObject(written->object, written->warnings);
}

Outcome withList(const bus::ListResult& list) {
  Outcome outcome;
  outcome.payload.message = makeMessage<wire::ListResults>([&](wire::ListResults::Builder results) {
    results.setRevision(list.revision);
    results.setContinue(list.continueToken);
  });
  outcome.payload.objects.reserve(list.objects.size());
  for (const auto& object : list.objects) {
    outcome.payload.objects.push_back({object->message(), object->revision()});
  }
  return outcome;
}

struct ListCall {
  bus::Target target;
  bus::ListOptions options;
};

Result<ListCall> readList(const object::KindRegistry& kinds, const Message& message) {
  return decode([&]() -> Result<ListCall> {
    auto params = message.root<wire::ListParams>();
    CLEAT_TRY(auto target, targetOf(kinds, params.getRef()));
    ListCall call;
    call.target = std::move(target);
    call.options.labelSelector = textOf(params.getLabelSelector());
    call.options.fieldSelector = textOf(params.getFieldSelector());
    call.options.continueToken = textOf(params.getContinue());
    call.options.limit = params.getLimit();
    return call;
  });
}

struct WriteCall {
  bus::Target target;
  bus::WriteOptions options;
  Ref<Message> body;
};

const object::Kind* bodyKindOf(const bus::Target& target) {
  if (target.subresource.empty()) return target.kind.get();
  const object::Subresource* subresource = target.kind->subresource(target.subresource);
  return subresource ? subresource->body : nullptr;
}

Result<WriteCall> readWrite(const object::KindRegistry& kinds, const RoleAnswer& call) {
  return decode([&]() -> Result<WriteCall> {
    auto params = call.message->root<wire::WriteParams>();
    CLEAT_TRY(auto target, targetOf(kinds, params.getRef()));
    if (call.objects.empty()) return fail(Status::badRequest("a write needs the object as objects[0]"));
    WriteCall write;
    write.target = std::move(target);
    write.options.dryRun = params.getDryRun();
    write.options.fieldManager = textOf(params.getFieldManager());
    write.body = call.objects[0];
    if (const object::Kind* kind = bodyKindOf(write.target)) {
      CLEAT_TRY(object::verify(*kind, write.body->words()));
    }
    return write;
  });
}

struct PatchCall {
  bus::Target target;
  bus::PatchType type = bus::PatchType::json;
  std::string body;
  bus::WriteOptions options;
  bool force = false;
};

Result<PatchCall> readPatch(const object::KindRegistry& kinds, const Message& message) {
  return decode([&]() -> Result<PatchCall> {
    auto params = message.root<wire::PatchParams>();
    CLEAT_TRY(auto target, targetOf(kinds, params.getRef()));
    PatchCall patch;
    patch.target = std::move(target);
    switch (params.getType()) {
      case wire::PatchType::JSON: patch.type = bus::PatchType::json; break;
      case wire::PatchType::MERGE: patch.type = bus::PatchType::merge; break;
      case wire::PatchType::STRATEGIC: patch.type = bus::PatchType::strategic; break;
      case wire::PatchType::APPLY: patch.type = bus::PatchType::apply; break;
      default: return fail(Status::unsupportedMediaType("unknown type of patch"));
    }
    patch.body = textOf(params.getBody());
    patch.options.fieldManager = textOf(params.getFieldManager());
    patch.options.dryRun = params.getDryRun();
    patch.force = params.getForce();
    return patch;
  });
}

struct DeleteCall {
  bus::Target target;
  bus::DeleteOptions options;
};

Result<DeleteCall> readDelete(const object::KindRegistry& kinds, const Message& message) {
  return decode([&]() -> Result<DeleteCall> {
    auto params = message.root<wire::DeleteParams>();
    CLEAT_TRY(auto target, targetOf(kinds, params.getRef()));
    DeleteCall call;
    call.target = std::move(target);
    if (params.getGracePeriodSeconds() >= 0) call.options.gracePeriodSeconds = params.getGracePeriodSeconds();
    call.options.propagationPolicy = textOf(params.getPropagationPolicy());
    call.options.preconditionUid = textOf(params.getPreconditionUid());
    call.options.preconditionRevision = params.getPreconditionRevision();
    return call;
  });
}

Task<Outcome> serveDelete(bus::Cluster& cluster, bus::UserRef user, DeleteCall call) {
  if (!call.target.name.empty()) {
    auto removed = co_await cluster.remove(std::move(user), std::move(call.target), std::move(call.options));
    co_return withWritten(std::move(removed));
  }
  bus::ListOptions everything;
  auto removed =
      co_await cluster.removeCollection(std::move(user), std::move(call.target), everything, std::move(call.options));
  if (!removed) co_return outcomeOf(removed.error());
  co_return withList(*removed);
}

// A plugin that names no field manager writes under its own name.
void nameManager(bus::WriteOptions& options, const bus::User& user) {
  if (options.fieldManager.empty()) options.fieldManager = user.name.substr(user.name.rfind(':') + 1);
}

// A KindsResults: those whose objects are stored, and every version of a group that is served.
Ref<const Message> describeKinds(const object::KindRegistry& kinds) {
  std::vector<object::KindRef> stored;
  std::set<std::pair<std::string, std::string>> versions;
  const object::CatalogueRef catalogue = kinds.latest();
  for (const object::KindRef& kind : catalogue->served()) {
    if (kind->verbs.empty()) continue;
    versions.emplace(kind->group, kind->version);
    if (!kind->storage) continue;
    // One version of each.
    if (catalogue->findResource(kind->storage->group, kind->storage->plural) == kind) stored.push_back(kind);
  }
  return makeMessage<wire::KindsResults>([&](wire::KindsResults::Builder results) {
    auto list = results.initKinds(static_cast<unsigned>(stored.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      list[i].setGroup(stored[i]->group);
      list[i].setVersion(stored[i]->version);
      list[i].setResource(stored[i]->plural);
      list[i].setKind(stored[i]->name);
      list[i].setNamespaced(stored[i]->namespaced);
      setTexts(list[i].initVerbs(static_cast<unsigned>(stored[i]->verbs.size())), stored[i]->verbs);
    }
    auto served = results.initGroupVersions(static_cast<unsigned>(versions.size()));
    unsigned at = 0;
    for (const auto& [group, version] : versions) {
      served[at].setGroup(group);
      served[at++].setVersion(version);
    }
  });
}

// A plugin's offer of kinds.
Result<void> offerKinds(HostServices& services, const bus::User& user, const Message& message) {
  if (!services.adoptKinds) return fail(Status::badRequest("kinds can be offered to a server only"));
  if (!services.hasRole(user.plugin, "kinds")) {
    return fail(Status::forbidden("offering kinds takes the role kinds, which " + user.plugin + " does not have"));
  }
  CLEAT_TRY(decode([&]() -> Result<void> {
    auto params = message.root<wire::OfferParams>();
    std::vector<object::KindRegistry::ResourceName> withdrawn;
    for (auto name : params.getWithdrawn()) withdrawn.push_back({textOf(name.getGroup()), textOf(name.getResource())});
    return services.kinds.offer(user.plugin, params.getDescription().getAs<role::KindsDescription>(), withdrawn);
  }));
  return services.adoptKinds();
}

Outcome noteReport(const HostServices& services, const bus::User& user, const Message& params) {
  auto message =
      decode([&]() -> Result<std::string> { return textOf(params.root<wire::ReportParams>().getMessage()); });
  if (!message) return outcomeOf(message.error());
  if (message->size() > kLongestReport) message->resize(kLongestReport);
  services.noteReport(user.plugin, std::move(*message));
  Outcome outcome;
  outcome.payload.message = emptyMessage();
  return outcome;
}

// What the host answers for itself; nothing if it is a matter of the cluster's objects.
std::optional<Outcome> serveHost(HostServices& services, const bus::User& user, MethodId method,
                                 const Message& params) {
  Outcome outcome;
  if (method == wire::cluster::plugins) {
    outcome.payload.message = services.describePlugins();
  } else if (method == wire::cluster::kinds) {
    outcome.payload.message = describeKinds(services.kinds);
  } else if (method == wire::cluster::report) {
    outcome = noteReport(services, user, params);
  } else if (method == wire::cluster::offer) {
    auto offered = offerKinds(services, user, params);
    if (!offered) return outcomeOf(offered.error());
    outcome.payload.message = emptyMessage();
  } else {
    return std::nullopt;
  }
  return outcome;
}

}  // namespace

Task<Outcome> serveCluster(std::shared_ptr<HostServices> services, bus::UserRef user, MethodId method,
                           RoleAnswer call) {
  if (auto outcome = serveHost(*services, *user, method, *call.message)) co_return std::move(*outcome);
  if (!services->cluster) co_return outcomeOf(Status::unavailable("the cluster is not reachable yet"));
  bus::Cluster& cluster = *services->cluster;
  const object::KindRegistry& kinds = services->kinds;

  if (method == wire::cluster::get) {
    auto target = targetIn<wire::GetParams>(kinds, *call.message);
    if (!target) co_return outcomeOf(target.error());
    auto object = co_await cluster.get(std::move(user), std::move(*target));
    if (!object) co_return outcomeOf(object.error());
    co_return withObject(*object, {});
  }
  if (method == wire::cluster::list) {
    auto list = readList(kinds, *call.message);
    if (!list) co_return outcomeOf(list.error());
    auto listed = co_await cluster.list(std::move(user), std::move(list->target), std::move(list->options));
    if (!listed) co_return outcomeOf(listed.error());
    co_return withList(*listed);
  }
  if (method == wire::cluster::create || method == wire::cluster::update) {
    auto write = readWrite(kinds, call);
    if (!write) co_return outcomeOf(write.error());
    nameManager(write->options, *user);
    if (method == wire::cluster::create) {
      auto created = co_await cluster.create(std::move(user), std::move(write->target), std::move(write->body),
                                             std::move(write->options));
      co_return withWritten(std::move(created));
    }
    auto updated = co_await cluster.update(std::move(user), std::move(write->target), std::move(write->body),
                                           std::move(write->options));
    co_return withWritten(std::move(updated));
  }
  if (method == wire::cluster::patch) {
    auto patch = readPatch(kinds, *call.message);
    if (!patch) co_return outcomeOf(patch.error());
    nameManager(patch->options, *user);
    auto patched = co_await cluster.patch(std::move(user), std::move(patch->target), patch->type,
                                          std::move(patch->body), std::move(patch->options), patch->force);
    co_return withWritten(std::move(patched));
  }
  if (method == wire::cluster::delete_) {
    auto removal = readDelete(kinds, *call.message);
    if (!removal) co_return outcomeOf(removal.error());
    co_return co_await serveDelete(cluster, std::move(user), std::move(*removal));
  }
  co_return outcomeOf(Status::badRequest("the interface Cluster has no method " + std::to_string(method.ordinal)));
}

Task<Result<std::unique_ptr<bus::Subscription>>> openWatch(std::shared_ptr<HostServices> services, bus::UserRef user,
                                                           Ref<const Message> message) {
  if (!services->cluster) co_return fail(Status::unavailable("the cluster is not reachable yet"));
  struct Call {
    bus::Target target;
    std::string labels, fields;
  };
  auto read = [&]() -> Result<Call> {
    auto params = message->root<wire::WatchParams>();
    CLEAT_TRY(auto target, targetOf(services->kinds, params.getRef()));
    return Call{std::move(target), textOf(params.getLabelSelector()), textOf(params.getFieldSelector())};
  };
  CLEAT_CO_TRY(auto call, decode(read));
  auto opened = co_await services->cluster->subscribe(std::move(user), std::move(call.target), std::move(call.labels),
                                                      std::move(call.fields));
  co_return opened;
}

}  // namespace cleat::host
