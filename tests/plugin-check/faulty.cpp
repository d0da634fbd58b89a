// A plugin that is wrong in the way that its setting `fault` names, for the test of `cleat plugin check`. Its file has
// a fault of its own: it exports more than it should.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

using namespace cleat;
using core_v1::ConfigMap;
using core_v1::Secret;

class Faulty : public RolePlugin<AdmissionRole, role::AuthenticatorRole> {
 public:
  using RolePlugin::RolePlugin;
  ~Faulty() override {
    if (is("ends-badly")) std::abort();
  }

  Task<Result<void>> start() override {
    fault_ = config().string("fault");
    if (is("lazy")) co_return fail(Status::internal("it would rather not"));
    if (is("greedy")) (void)co_await client_.get<Secret>("default", "key");
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    AdmissionInterest interest{.resource = is("blind") ? "configmap" : "configmaps",
                               .operations = {role::Operation::CREATE},
                               .mutates = true,
                               .validates = true};
    if (is("moody")) interest.userGroups = {std::to_string(++asked_)};
    if (is("forgetful")) interest.userGroups = {std::to_string(instance_)};
    return {interest};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    Draft<ConfigMap> draft(request.object<ConfigMap>());
    if (is("renames")) draft.meta().setName("another");
    if (is("never-content")) {
      const std::string before = str(annotation(draft.meta(), "faulty/turns").value_or(""));
      setAnnotation(draft.meta(), "faulty/turns", before + "i");
    }
    request.replace(std::move(draft));
    co_return Result<void>();
  }

  Task<Result<void>> validate(AdmissionRequest&) override {
    if (is("leaks")) leaked_ = new std::string(8000, 'x');
    if (is("throws")) throw std::runtime_error("that was too much");
    co_return Result<void>();
  }

  Task<Result<void>> authenticate(role::Credentials::Reader credentials,
                                  Call<role::AuthenticateResults>& call) override {
    if (is("crashes") && credentials.getClientCertificates().size() > 0) std::abort();
    if (is("hangs") && credentials.getBearerToken() == "a.b.c") {
      for (;;) pause();
    }
    if (is("silent") && credentials.getBearerToken() == "a.b.c") co_await never_.wait();
    if (!is("believes")) co_return call.notMine();
    call.results().initUser().setName("anybody");
    co_return Result<void>();
  }

 private:
  bool is(std::string_view fault) const { return fault_ == fault; }

  std::string fault_;
  int asked_ = 0;
  const uint64_t instance_ = context().random64();
  std::string* leaked_ = nullptr;
  Signal never_;
  Client client_{context()};
};

}  // namespace

extern "C" [[gnu::visibility("default")]] int faulty_helper() { return 1; }

CLEAT_PLUGIN(Faulty, .name = "faulty", .maturity = "alpha", .roles = "admission authenticator",
             .configSchema = "fault string none # what is wrong with it\n");
