// SPDX-License-Identifier: Apache-2.0
#include "upstream/dialler.h"

#include <fcntl.h>

#include <array>
#include <optional>
#include <utility>

#include "upstream/connect_to.h"
#include "upstream/curl_fault.h"
#include "upstream/curl_multi.h"
#include "upstream/origin_handle.h"
#include "upstream/socket_gate.h"

namespace weir::upstream {
namespace {

struct DialSetup {
  Loop& loop;
  const OriginOptions options;
  const AddressPolicy& policy;
  CurlList connect_to;
};

class DialJob final : public CurlJob {
 public:
  DialJob(const DialSetup& setup, CurlMulti& multi, const std::string& host, uint16_t port, Dialler::Done done)
      : CurlJob(multi),
        done_(std::move(done)),
        gate_(setup.policy,
              is_operators_choice(setup.options.connect_to, host, port) ? Reach::operators_choice : Reach::by_policy),
        soon_(setup.loop, [this] { refuse(); }) {
    auto authority = authority_text(host, port);
    if (!authority) return;
    authority_ = *std::move(authority);
    set_transport(easy(), setup.options);
    easy().set(CURLOPT_PROTOCOLS_STR, "http");
    easy().set(CURLOPT_URL, ("http://" + authority_ + "/").c_str());
    easy().set(CURLOPT_CONNECT_ONLY, 1L);
    easy().set(CURLOPT_CONNECT_TO, setup.connect_to.get());
    easy().set(CURLOPT_ERRORBUFFER, detail_.data());
    gate_.guard(easy());
  }

  // Starts, or says soon why not.
  void begin() {
    if (authority_.empty()) {
      soon_.start(Duration(0));
    } else {
      multi()->join(*this);
    }
  }

 private:
  using Outcome = tl::expected<UniqueFd, OriginFault>;

  void refuse() {
    CurlMulti::Scope scope(*multi());
    report(tl::unexpected(OriginFault{OriginFault::Kind::unreachable, "The host is neither a name nor an address."}));
  }

  void finished(CURLcode code) override { report(outcome(code)); }

  void abandon() override {
    soon_.stop();
    done_ = nullptr;
  }

  Outcome outcome(CURLcode code) {
    if (code == CURLE_OK) {
      // libcurl closes its own descriptor with the handle; the copy keeps the connection.
      curl_socket_t socket = CURL_SOCKET_BAD;
      curl_easy_getinfo(easy().get(), CURLINFO_ACTIVESOCKET, &socket);
      if (UniqueFd copy{socket == CURL_SOCKET_BAD ? -1 : ::fcntl(socket, F_DUPFD_CLOEXEC, 0)}) return copy;
      code = CURLE_COULDNT_CONNECT;
    }
    CurlFailure failure;
    failure.code = code;
    failure.detail = detail_.data();
    failure.authority = authority_;
    failure.refused = gate_.refused();
    return tl::unexpected(to_fault(failure));
  }

  void report(Outcome outcome) {
    auto done = std::exchange(done_, nullptr);
    done(std::move(outcome));
  }

  Dialler::Done done_;
  std::string authority_;  // empty: not to be dialled
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

}  // namespace

class Dialler::Impl {
 public:
  Impl(Loop& loop, const OriginOptions& options, const AddressPolicy& policy)
      : setup_{loop, options, policy, {}}, multi_(loop, {}) {
    for (const auto& entry : options.connect_to) setup_.connect_to.add(entry);
  }

  std::unique_ptr<Dial> dial(const std::string& host, uint16_t port, Done done) {
    JobPtr<DialJob> job(new DialJob(setup_, multi_, host, port, std::move(done)));
    job->begin();
    return std::make_unique<DialHandle>(std::move(job));
  }

 private:
  DialSetup setup_;
  CurlMulti multi_;
};

Dialler::Dialler(Loop& loop, const OriginOptions& options, const AddressPolicy& policy)
    : impl_(std::make_unique<Impl>(loop, options, policy)) {}

Dialler::~Dialler() = default;

std::unique_ptr<Dial> Dialler::dial(const std::string& host, uint16_t port, Done done) {
  return impl_->dial(host, port, std::move(done));
}

}  // namespace weir::upstream
