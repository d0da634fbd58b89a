// ControllerPlugin: the base of a plugin that is one controller. It says what it watches, and reconciles.
//
//   class Scaler : public ControllerPlugin {
//    public:
//     explicit Scaler(Context& context) : ControllerPlugin(context, "scaler") {}
//    private:
//     Result<void> watch() override {
//       controller().watch(sets_);
//       return {};
//     }
//     Task<Result<Reconciled>> reconcile(std::string key) override;
//     Informer<ReplicaSet> sets_{context()};
//   };
#pragma once

#include <cleat/sdk/controller.h>
#include <cleat/sdk/plugin.h>

namespace cleat {

class ControllerPlugin : public Plugin {
 public:
  // `name` stands in the log and in what the workers are called.
  ControllerPlugin(Context& context, std::string name, ControllerOptions options = {});

  // Ready, and at work, when all that it watches or needs is in sync.
  Task<Result<void>> start() override;

 protected:
  Controller& controller() { return controller_; }

  // Called once, in `start`: adds the indexes that informers must have before they are started, and says by
  // controller().watch and controller().needs what there is to know. An error is why the plugin cannot start.
  virtual Result<void> watch() = 0;
  virtual Task<Result<Reconciled>> reconcile(std::string key) = 0;

 private:
  Controller controller_;
};

}  // namespace cleat
