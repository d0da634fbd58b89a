#include "core/host/role_interfaces.h"

#include <capnp/schema-loader.h>
#include <cleat/schema/bus.capnp.h>
#include <cleat/schema/role/addon.capnp.h>
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/schema/role/audit.capnp.h>
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/schema/role/authz.capnp.h>
#include <cleat/schema/role/fillers.capnp.h>
#include <cleat/schema/role/flow_control.capnp.h>
#include <cleat/schema/role/http_handler.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/schema/role/metrics.capnp.h>
#include <cleat/schema/role/notices.capnp.h>
#include <cleat/schema/role/store_engine.capnp.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <kj/exception.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "core/host/loading/manifest.h"

namespace cleat::host {
namespace {

struct RoleMethod {
  std::string name;
  std::unique_ptr<object::ShapePlan> params, results;
};
// Whose it is: a role that plugins fill and may call; one that they fill and the server alone calls; the host's own.
enum class Belongs { toPlugins, toServer, toHost };

struct RoleInterface {
  uint64_t id;
  Belongs belongs;
  std::string role, name;
  std::vector<RoleMethod> methods;  // by ordinal: looking one up in a schema costs as much as a call
};

RoleInterface entry(capnp::InterfaceSchema schema, Belongs belongs) {
  RoleInterface made{schema.getProto().getId(), belongs, {}, interfaceName(schema.getProto()), {}};
  if (belongs != Belongs::toHost) made.role = roleNameOf(made.name);
  for (auto method : schema.getMethods()) {
    made.methods.push_back({str(method.getProto().getName()),
                            std::make_unique<object::ShapePlan>(method.getParamType()),
                            std::make_unique<object::ShapePlan>(method.getResultType())});
  }
  return made;
}

// What is known. Whoever looks something up takes no lock: a table that has been given out is never changed.
class Registry {
 public:
  static Registry& instance() {
    static auto* registry = new Registry();
    return *registry;
  }

  const RoleInterface* find(uint64_t id) const {
    for (const RoleInterface* known : *table_.load(std::memory_order_acquire)) {
      if (known->id == id) return known;
    }
    return nullptr;
  }

  Result<void> learn(const std::vector<CarriedInterface>& carried, const std::string& file) {
    MutexLock lock(mutex_);
    auto next = std::make_unique<Table>(*table_.load(std::memory_order_relaxed));
    for (const CarriedInterface& one : carried) {
      // What this program calls itself it knows better than anybody.
      if (std::ranges::find(own_, one.id) != own_.end()) continue;
      try {
        const capnp::InterfaceSchema schema = load(one);
        auto known = std::ranges::find(*next, one.id, &RoleInterface::id);
        if (known != next->end() && (*known)->methods.size() >= schema.getMethods().size()) continue;
        all_.push_back(std::make_unique<RoleInterface>(entry(schema, Belongs::toPlugins)));
        if (known == next->end()) {
          next->push_back(all_.back().get());
        } else {
          *known = all_.back().get();
        }
      } catch (const kj::Exception& error) {
        return refuse(file, concat("the interface ", one.name, " that it brings does not fit the one that is known: ",
                                   error.getDescription().cStr()));
      }
    }
    table_.store(next.get(), std::memory_order_release);
    tables_.push_back(std::move(next));
    return {};
  }

 private:
  using Table = std::vector<const RoleInterface*>;

  Registry() {
    MutexLock lock(mutex_);
    auto table = std::make_unique<Table>();
    table->push_back(own(capnp::Schema::from<role::Kinds>(), Belongs::toPlugins));
    table->push_back(own(capnp::Schema::from<role::Authenticator>(), Belongs::toPlugins));
    table->push_back(own(capnp::Schema::from<role::Authorizer>(), Belongs::toPlugins));
    table->push_back(own(capnp::Schema::from<role::Admission>(), Belongs::toPlugins));
    table->push_back(own(capnp::Schema::from<role::HttpHandler>(), Belongs::toPlugins));
    table->push_back(own(capnp::Schema::from<role::FlowControl>(), Belongs::toPlugins));
    table->push_back(own(capnp::Schema::from<role::Audit>(), Belongs::toServer));
    table->push_back(own(capnp::Schema::from<role::StoreEngine>(), Belongs::toPlugins));
    table->push_back(own(capnp::Schema::from<role::Addon>(), Belongs::toPlugins));
    table->push_back(own(capnp::Schema::from<wire::Cluster>(), Belongs::toHost));
    table->push_back(own(capnp::Schema::from<role::Fillers>(), Belongs::toHost));
    table->push_back(own(capnp::Schema::from<role::Metrics>(), Belongs::toHost));
    table->push_back(own(capnp::Schema::from<role::Notices>(), Belongs::toServer));
    table_.store(table.get(), std::memory_order_release);
    tables_.push_back(std::move(table));
  }

  const RoleInterface* own(capnp::InterfaceSchema schema, Belongs belongs) CLEAT_REQUIRES(mutex_) {
    all_.push_back(std::make_unique<RoleInterface>(entry(schema, belongs)));
    own_.push_back(all_.back()->id);
    return all_.back().get();
  }

  capnp::InterfaceSchema load(const CarriedInterface& carried) CLEAT_REQUIRES(mutex_) {
    for (auto node : carried.schema->root<capnp::schema::CodeGeneratorRequest>().getNodes()) loader_.load(node);
    return loader_.get(carried.id).asInterface();
  }

  Mutex mutex_;
  capnp::SchemaLoader loader_ CLEAT_GUARDED_BY(mutex_);
  std::vector<uint64_t> own_ CLEAT_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<RoleInterface>> all_ CLEAT_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Table>> tables_ CLEAT_GUARDED_BY(mutex_);  // earlier ones may still be looked at
  std::atomic<const Table*> table_{nullptr};
};

const RoleInterface* find(uint64_t id) { return Registry::instance().find(id); }

const RoleMethod* findMethod(MethodId id) {
  const RoleInterface* known = find(id.interfaceId);
  return known && id.ordinal < known->methods.size() ? &known->methods[id.ordinal] : nullptr;
}

}  // namespace

std::string_view roleOf(MethodId method) {
  const RoleInterface* known = find(method.interfaceId);
  return known ? std::string_view(known->role) : std::string_view();
}

bool isServersToCall(MethodId method) {
  const RoleInterface* known = find(method.interfaceId);
  return known && known->belongs == Belongs::toServer;
}

std::string methodName(MethodId id) {
  const RoleInterface* known = find(id.interfaceId);
  if (!known) return "method " + std::to_string(id.ordinal) + " of an unknown interface";
  const RoleMethod* method = findMethod(id);
  return known->name + "." + (method ? method->name : std::to_string(id.ordinal));
}

const object::ShapePlan* paramShape(MethodId id) {
  const RoleMethod* method = findMethod(id);
  return method ? method->params.get() : nullptr;
}

const object::ShapePlan* resultShape(MethodId id) {
  const RoleMethod* method = findMethod(id);
  return method ? method->results.get() : nullptr;
}

Result<void> learnInterfaces(const std::vector<CarriedInterface>& carried, const std::string& file) {
  if (carried.empty()) return {};
  return Registry::instance().learn(carried, file);
}

}  // namespace cleat::host
