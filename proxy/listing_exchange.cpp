// SPDX-License-Identifier: Apache-2.0
#include "proxy/listing_exchange.h"

#include <utility>

#include "hub/catalog.h"
#include "hub/listing_filter.h"
#include "hub/xet.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

class StrippedListing : public AnswerFilter {
 public:
  // `about`: the repository and, if its info was asked for, the revision.
  StrippedListing(hub::Catalog& catalog, hub::RepoFile about) : catalog_(catalog), about_(std::move(about)) {}

  std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>& length) override {
    hub::strip_xet(head.fields);
    bool json = head.fields.get("Content-Type").find("json") != std::string_view::npos;
    active_ = head.status == 200 && json && !head.fields.has("Content-Encoding");
    if (!active_) return nullptr;
    // What the body will be is not what these describe.
    head.fields.remove("ETag");
    head.fields.remove("Accept-Ranges");
    length.reset();
    return nullptr;
  }

  std::string_view on_data(std::string_view bytes) override {
    if (!active_) return bytes;
    out_.clear();
    filter_.feed(bytes, out_);
    return out_;
  }

  std::optional<std::string_view> on_end() override {
    if (!active_) return "";
    out_.clear();
    filter_.finish(out_);
    if (!about_.revision.empty() && hub::is_commit(filter_.commit()))
      catalog_.learn(hub::NamedRevision{about_.type, about_.repo, about_.revision, filter_.commit()});
    return out_;
  }

 private:
  hub::Catalog& catalog_;
  hub::RepoFile about_;
  bool active_ = false;
  hub::ListingFilter filter_;
  std::string out_;
};

}  // namespace

std::unique_ptr<Exchange> make_listing_exchange(WorkerContext& context, Responder& responder,
                                                const ClientRequest& request, const hub::RepoFile& about) {
  auto out = make_origin_request(request, context.services.pseudonym);
  if (context.settings->options.xet == XetMode::pass)
    return std::make_unique<RelayExchange>(context, responder, std::move(out));
  // A coded body, or a part of one, cannot be read; an ETag would be that of other bytes.
  out.fields.set("Accept-Encoding", "identity");
  for (auto name : {"Range", "If-Range", "If-None-Match"}) out.fields.remove(name);
  return std::make_unique<RelayExchange>(context, responder, std::move(out),
                                         std::make_unique<StrippedListing>(context.services.catalog, about));
}

}  // namespace weir::proxy
