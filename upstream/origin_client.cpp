// SPDX-License-Identifier: Apache-2.0
#include "upstream/origin_client.h"

#include <utility>

#include "upstream/curl_multi.h"
#include "upstream/origin_exchange.h"

namespace weir::upstream {
namespace {

// The owner's end of an exchange, which itself may live on until libcurl has returned.
class Transfer final : public OriginTransfer {
 public:
  Transfer(const OriginSetup& setup, CurlMulti& multi, OriginRequest request, OriginObserver& observer)
      : exchange_(new OriginExchange(setup, multi, std::move(request), observer)) {
    exchange_->begin();
  }

  void resume_reading() override { exchange_->resume_reading(); }
  void resume_body() override { exchange_->resume_body(); }

 private:
  JobPtr<OriginExchange> exchange_;
};

CurlList list_of(const std::vector<std::string>& texts) {
  CurlList list;
  for (const auto& text : texts) list.add(text);
  return list;
}

}  // namespace

class OriginClient::Impl {
 public:
  Impl(Loop& loop, const OriginOptions& options, std::string_view roots, const AddressPolicy& policy)
      : setup_{loop, options, policy, TrustedRoots(roots), list_of(options.connect_to), parent_fields(options.parent)},
        multi_(loop, static_cast<long>(options.idle_connections)) {}

  std::unique_ptr<OriginTransfer> start(OriginRequest request, OriginObserver& observer) {
    return std::make_unique<Transfer>(setup_, multi_, std::move(request), observer);
  }

 private:
  OriginSetup setup_;
  CurlMulti multi_;
};

OriginClient::OriginClient(Loop& loop, const OriginOptions& options, std::string_view trusted_roots,
                           const AddressPolicy& policy)
    : impl_(std::make_unique<Impl>(loop, options, trusted_roots, policy)) {}

OriginClient::~OriginClient() = default;

std::unique_ptr<OriginTransfer> OriginClient::start(OriginRequest request, OriginObserver& observer) {
  return impl_->start(std::move(request), observer);
}

}  // namespace weir::upstream
