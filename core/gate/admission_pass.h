// A request's way through the admission plugins: all that may change the object, then all that may only refuse it.
// Those that may change it are asked once more where one of them wants that, because what it has changed may be of
// concern to those that were asked before. Where the object of a write was changed its kind fills it in when all have
// been asked, or sooner where the plugin wants that.
//
//   MutatingRounds rounds;
//   CLEAT_CO_TRY(object, co_await admit(chains, request, object, AdmissionPass::mutate, &rounds));
//   if (rounds.wanted()) {
//     rounds.beginSecond();
//     CLEAT_CO_TRY(object, co_await admit(chains, request, object, AdmissionPass::mutate, &rounds));
//   }
#pragma once

#include <string>
#include <vector>

#include "core/gate/calls.h"

namespace cleat::gate {

// What the first round of the mutating admission of a write leaves for the second.
class MutatingRounds {
 public:
  bool wanted() const { return wanted_ && !isSecond_; }
  bool isSecond() const { return isSecond_; }
  void beginSecond() { isSecond_ = true; }
  // The object that the plugins left was filled in by its kind: that is no change of theirs.
  void filledIn(const Message& before, const Ref<const Message>& after);

  // What a plugin's answer says of the second round; `object` is what it left.
  void note(const std::string& plugin, role::AdmissionResults::Reader results, const Ref<const Message>& object);
  struct Left {
    std::string plugin, kept;
    Ref<const Message> object;
  };
  // Null: the plugin wanted nothing to be kept.
  const Left* find(const std::string& plugin) const;

 private:
  bool wanted_ = false, isSecond_ = false;
  std::vector<Left> left_;
};

// Runs the admission chain over `object` (what is to be; on delete what was) and gives what becomes of it. `rounds`: of
// the mutating pass of a write, which may be followed by a second one; null: nothing is filled in. A connection may ask
// for something else then: the request's query. What the plugins warn of is added to the request's warnings, also where
// one of them refuses it.
Task<Result<Ref<const Message>>> admit(const Chains& chains, ChangeRequest& request, Ref<const Message> object,
                                       AdmissionPass pass, MutatingRounds* rounds = nullptr);

// Whether any admission plugin is asked in this pass.
bool isHeard(const Chains& chains, const ChangeRequest& request, const Message& object, AdmissionPass pass);
// Whether any admission plugin wants to know when the request has come to nothing.
bool isWithdrawalHeard(const Chains& chains, const ChangeRequest& request);
// Tells those that it has. `object` is what the validating ones were asked about. One that does not answer is not
// waited for longer than any other.
Task<void> withdraw(const Chains& chains, ChangeRequest request, Ref<const Message> object);

}  // namespace cleat::gate
