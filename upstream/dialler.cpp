// SPDX-License-Identifier: Apache-2.0
#include "upstream/dialler.h"

#include <fcntl.h>

#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "upstream/connect_limit.h"
#include "upstream/connect_to.h"
#include "upstream/curl_fault.h"
#include "upstream/curl_multi.h"
#include "upstream/origin_handle.h"
#include "upstream/secured_tunnel.h"
#include "upstream/socket_gate.h"
#include "upstream/trusted_roots.h"

namespace weir::upstream {
namespace {

struct DialSetup {
  Loop& loop;
  const OriginOptions options;
  const AddressPolicy& policy;
  CurlList connect_to;
  std::optional<TrustedRoots> parent_roots;  // there when the parent proxy is spoken to over TLS
};

struct Target {
  std::string host;
  uint16_t port = 0;
  const ParentProxy* parent = nullptr;  // null: directly
  std::string_view via;
};

Reach reach_of(const OriginOptions& options, const Target& target) {
  bool chosen = target.parent || is_operators_choice(options.connect_to, target.host, target.port);
  return chosen ? Reach::operators_choice : Reach::by_policy;
}

class DialJob final : public CurlJob {
 public:
  // Makes the socket for the dial's owner out of a connection that stays libcurl's.
  using Carry = std::function<UniqueFd(EasyHandle easy, int socket)>;

  DialJob(const DialSetup& setup, CurlMulti& multi, const Target& target, Dialler::Done done)
      : CurlJob(multi),
        done_(std::move(done)),
        parent_(target.parent),
        gate_(setup.policy, reach_of(setup.options, target), setup.options.address_timeout),
        soon_(setup.loop, [this] { refuse(); }) {
    auto authority = authority_text(target.host, target.port);
    if (!authority) {
      refusal_ = {OriginFault::Kind::unreachable, "The host is neither a name nor an address."};
      return;
    }
    authority_ = *std::move(authority);
    set_transport(easy(), setup.options);
    easy().set(CURLOPT_PROTOCOLS_STR, "http");
    easy().set(CURLOPT_URL, ("http://" + authority_ + "/").c_str());
    easy().set(CURLOPT_CONNECT_ONLY, 1L);
    easy().set(CURLOPT_CONNECT_TO, setup.connect_to.get());
    easy().set(CURLOPT_ERRORBUFFER, detail_.data());
    gate_.guard(easy());
    if (parent_) go_through_parent(setup, target);
  }

  // Without it the owner gets the connection's own socket.  `on_failed` is called once unless `carry` is.
  void carry_with(Carry carry, std::function<void()> on_failed) {
    carry_ = std::move(carry);
    on_failed_ = std::move(on_failed);
  }

  // Starts, or says soon why not.
  void begin() {
    if (refusal_) {
      soon_.start(Duration(0));
    } else {
      multi()->join(*this);
    }
  }

 private:
  using Outcome = tl::expected<UniqueFd, OriginFault>;

  void go_through_parent(const DialSetup& setup, const Target& target) {
    parent_fields_ = parent_fields(setup.options.parent, target.via);
    set_parent(easy(), *parent_, parent_fields_);
    if (setup.parent_roots) setup.parent_roots->apply_to_proxy(easy());
    auto refused = refused_literal(setup.policy, target.host, target.port);
    if (!refused) return;
    CurlFailure failure;
    failure.authority = authority_;
    failure.refused = refused;
    refusal_ = to_fault(failure);
  }

  void refuse() {
    CurlMulti::Scope scope(*multi());
    report(tl::unexpected(*refusal_));
  }

  void finished(CURLcode code) override { report(outcome(code)); }

  void abandon() override {
    soon_.stop();
    done_ = nullptr;
    fail_carrying();
  }

  Outcome outcome(CURLcode code) {
    if (code == CURLE_OK) {
      if (auto connection = take_connection()) return connection;
      code = CURLE_COULDNT_CONNECT;
    }
    CurlFailure failure;
    failure.code = code;
    failure.detail = detail_.data();
    failure.authority = authority_;
    failure.refused = gate_.refused();
    failure.no_descriptors = gate_.lacked_descriptors(code);
    failure.parent = parent_;
    curl_easy_getinfo(easy().get(), CURLINFO_HTTP_CONNECTCODE, &failure.parent_status);
    curl_easy_getinfo(easy().get(), CURLINFO_PROXY_SSL_VERIFYRESULT, &failure.verify_result);
    curl_easy_getinfo(easy().get(), CURLINFO_OS_ERRNO, &failure.os_error);
    return tl::unexpected(to_fault(failure));
  }

  UniqueFd take_connection() {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy().get(), CURLINFO_ACTIVESOCKET, &socket);
    if (socket == CURL_SOCKET_BAD) return {};
    lift_connect_limit(socket);
    if (!carry_) {
      // libcurl closes its own descriptor with the handle; the copy keeps the connection.
      return UniqueFd(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    }
    on_failed_ = nullptr;
    // They go with this job, and the handle does not.
    easy().set(CURLOPT_PROXYHEADER, static_cast<curl_slist*>(nullptr));
    return std::exchange(carry_, nullptr)(release_easy(), socket);
  }

  void report(Outcome outcome) {
    fail_carrying();
    auto done = std::exchange(done_, nullptr);
    done(std::move(outcome));
  }

  void fail_carrying() {
    if (auto failed = std::exchange(on_failed_, nullptr)) failed();
  }

  Dialler::Done done_;
  Carry carry_;
  std::function<void()> on_failed_;
  std::string authority_;
  const ParentProxy* parent_;  // of the setup's options
  CurlList parent_fields_;
  std::optional<OriginFault> refusal_;  // found here, not by libcurl
  SocketGate gate_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  Timer soon_;
};

class DialHandle final : public Dial {
 public:
  explicit DialHandle(JobPtr<DialJob> job) : job_(std::move(job)) {}

 private:
  JobPtr<DialJob> job_;
};

std::optional<TrustedRoots> parent_roots(const ParentRoute& route, std::string_view pem) {
  if (!route.proxy || route.proxy->scheme != ParentProxy::Scheme::https) return std::nullopt;
  return std::optional<TrustedRoots>(std::in_place, pem);
}

}  // namespace

class Dialler::Impl {
 public:
  Impl(Loop& loop, const OriginOptions& options, const AddressPolicy& policy, std::string_view trusted_roots)
      : setup_{loop, options, policy, {}, parent_roots(options.parent, trusted_roots)}, multi_(loop, {}) {
    for (const auto& entry : options.connect_to) setup_.connect_to.add(entry);
  }

  ~Impl() {
    // What ends by its destruction is not to be looked for in a list that goes.
    auto tunnels = std::exchange(tunnels_, {});
  }

  std::unique_ptr<Dial> dial(const std::string& host, uint16_t port, Done done, std::string_view via) {
    Target target{host, port, parent_for(setup_.options, host, port), via};
    bool secured = target.parent && target.parent->scheme == ParentProxy::Scheme::https;
    auto* tunnel = secured ? new_tunnel() : nullptr;
    JobPtr<DialJob> job(new DialJob(setup_, tunnel ? tunnel->multi() : multi_, target, std::move(done)));
    if (tunnel) {
      job->carry_with([tunnel](EasyHandle easy, int socket) { return tunnel->carry(std::move(easy), socket); },
                      [this, tunnel] { end(tunnel); });
    }
    job->begin();
    return std::make_unique<DialHandle>(std::move(job));
  }

 private:
  SecuredTunnel* new_tunnel() {
    auto slot = std::make_shared<SecuredTunnel*>(nullptr);
    auto tunnel = std::make_unique<SecuredTunnel>(setup_.loop, [this, slot] { end(*slot); });
    auto* raw = *slot = tunnel.get();
    tunnels_.emplace(raw, std::move(tunnel));
    return raw;
  }

  void end(SecuredTunnel* tunnel) {
    auto found = tunnels_.find(tunnel);
    if (found == tunnels_.end()) return;
    setup_.loop.destroy_later(std::move(found->second));
    tunnels_.erase(found);
  }

  DialSetup setup_;
  CurlMulti multi_;
  std::unordered_map<SecuredTunnel*, std::unique_ptr<SecuredTunnel>> tunnels_;  // dialling, and established
};

Dialler::Dialler(Loop& loop, const OriginOptions& options, const AddressPolicy& policy, std::string_view trusted_roots)
    : impl_(std::make_unique<Impl>(loop, options, policy, trusted_roots)) {}

Dialler::~Dialler() = default;

std::unique_ptr<Dial> Dialler::dial(const std::string& host, uint16_t port, Done done, std::string_view via) {
  return impl_->dial(host, port, std::move(done), via);
}

}  // namespace weir::upstream
