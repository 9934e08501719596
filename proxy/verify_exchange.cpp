// SPDX-License-Identifier: Apache-2.0
#include "proxy/verify_exchange.h"

#include <atomic>
#include <string>
#include <utility>

#include "http/target.h"
#include "proxy/error_answer.h"

namespace weir::proxy {
namespace {

class VerifyExchange : public Exchange {
 public:
  VerifyExchange(WorkerContext& context, Responder& responder, const Sha256& digest, cas::Unreadable unreadable)
      : context_(context), responder_(responder), digest_(digest), unreadable_(unreadable) {}
  ~VerifyExchange() override { *stopped_ = true; }

  void start() override {
    using Found = Result<cas::Verdict>;
    task_ = context_.services.disk.submit<Found>(
        context_.loop,
        [&services = context_.services, stopped = stopped_, digest = digest_, unreadable = unreadable_] {
          // Whoever asks reads the names of a wrong blob from the disk next.
          services.catalog.flush();
          return services.store.verify(
              digest, [stopped](size_t) { return !*stopped; }, unreadable);
        },
        [this](Found found) { on_verified(std::move(found)); });
  }

 private:
  void on_verified(const Result<cas::Verdict>& found) {
    if (!found) return answer_error(responder_, 500, found.error().message);
    answer_text(responder_, 200, "application/json", "{\"verdict\":\"" + std::string(name_of(*found)) + "\"}\n");
  }

  WorkerContext& context_;
  Responder& responder_;
  Sha256 digest_;
  cas::Unreadable unreadable_;
  std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
  DiskTask task_;
};

}  // namespace

std::string_view name_of(cas::Verdict verdict) {
  switch (verdict) {
    case cas::Verdict::right:
      return "right";
    case cas::Verdict::wrong:
      return "wrong";
    case cas::Verdict::unreadable:
      return "unreadable";
    case cas::Verdict::absent:
      break;
  }
  return "absent";
}

std::unique_ptr<Exchange> open_verify(WorkerContext& context, std::string_view query, Responder& responder) {
  auto digest = Sha256::from_hex(http::query_value(query, "sha256").value_or(""));
  if (!digest) return std::make_unique<ErrorExchange>(responder, 400, "sha256 is 64 lower-case hex digits.");
  bool away = http::query_value(query, "unreadable") == "quarantine";
  return std::make_unique<VerifyExchange>(context, responder, *digest,
                                          away ? cas::Unreadable::quarantine : cas::Unreadable::leave);
}

}  // namespace weir::proxy
