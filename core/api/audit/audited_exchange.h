// AuditedExchange: an exchange that is watched for the audit log. It stands in front of the real one: what the handler
// answers passes through it, and becomes events (audit.k8s.io/v1) at the stages that the policy wants to know of.
#pragma once

#include <memory>
#include <string>

#include "core/api/audit/audit_trail.h"
#include "core/api/identity.h"
#include "core/api/rest/resource_path.h"
#include "core/bus/request_notes.h"
#include "core/http/exchange.h"

namespace cleat::api {

class AuditedExchange final : public http::Exchange {
 public:
  AuditedExchange(http::Exchange& exchange, std::shared_ptr<AuditTrail> trail);

  // It is known who asks: decides what is said, and says that the request has come. In strict mode an error is why that
  // could not be kept; the request is not to be served then. The user that is to act has a place for notes.
  Task<Result<bus::UserRef>> identified(Identity identity);
  // It is not known, and the request is refused.
  void unidentified();
  // The handler has ended.
  void finish();

  // http::Exchange
  const http::Request& request() const override { return exchange_.request(); }
  http::Request& mutableRequest() override { return exchange_.mutableRequest(); }
  http::Peer& peer() override { return exchange_.peer(); }
  void setKnown() override { exchange_.setKnown(); }
  Task<bool> readBody() override;
  uint64_t bodyBytesLeft() const override { return exchange_.bodyBytesLeft(); }
  void setHeadLines(std::string_view lines) override { exchange_.setHeadLines(lines); }
  Completion<bool> send(http::Response response) override;
  int answerCode() const override { return exchange_.answerCode(); }
  Completion<bool> begin(http::ResponseHead head) override;
  Completion<bool> write(http::Body chunk) override { return exchange_.write(std::move(chunk)); }
  Completion<bool> end() override { return exchange_.end(); }
  void abort() override { exchange_.abort(); }
  bool aborted() const override { return exchange_.aborted(); }
  void onClosed(base::Work work) override { exchange_.onClosed(std::move(work)); }
  bool closed() const override { return exchange_.closed(); }
  void setLongRunning() override { exchange_.setLongRunning(); }
  void limitTo(std::chrono::nanoseconds fromNow) override { exchange_.limitTo(fromNow); }
  void setUnhurried() override { exchange_.setUnhurried(); }
  Task<std::shared_ptr<http::ByteStream>> upgrade(http::Headers fields) override;
  const std::shared_ptr<base::Strand>& strand() const override { return exchange_.strand(); }

 private:
  void decide(const bus::User* user);
  bool says(AuditStage stage) const;
  std::string eventText(AuditStage stage) const;
  void tell(AuditStage stage);
  // A body in JSON as the log has it; empty where it is not wanted or is none.
  std::string bodyText(std::string_view contentType, std::string_view body) const;
  // An object that is written says itself what it is called, where the address does not.
  void noteWritten(std::string_view object);
  // Keeps of an answer what is said of it.
  void note(int code, const http::Response* response);

  http::Exchange& exchange_;
  const std::shared_ptr<AuditTrail> trail_;
  const int64_t received_;  // wall clock
  const ParsedPath path_;
  std::string id_;
  Identity identity_;
  bool isKnown_ = false, hasDecided_ = false, isComplete_ = false;
  AuditDecision decision_;
  AuditedAttributes attributes_;
  std::shared_ptr<bus::RequestNotes> notes_;
  int code_ = 0;
  std::string writtenUid_, writtenRevision_;
  std::string requestBody_, responseBody_;  // JSON; empty: there is none, or it is not wanted
  std::string statusJson_;                  // of an answer that is an error
};

}  // namespace cleat::api
