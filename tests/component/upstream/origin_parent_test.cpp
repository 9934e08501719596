// SPDX-License-Identifier: Apache-2.0
// Requests to the origin through a parent proxy.
#include <gmock/gmock.h>

#include <mutex>

#include "tests/component/upstream/origin_fixture.h"
#include "tests/component/upstream/parent_fixture.h"

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string refusal(const std::string& status) {
  return "HTTP/1.1 " + status + "\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 3\r\n\r\nno\n";
}

class OriginParent : public OriginFixture {
 protected:
  // The server's threads write here.
  ~OriginParent() override { server_.reset(); }

  // An origin with that answer, and a parent proxy that leads to it.
  void serve_behind(Scheme scheme, const std::string& answer = kOk) {
    serve([this, answer](fakes::TlsConnection& connection) {
      for (std::string head; !(head = connection.read_head()).empty();) {
        note(head);
        if (!connection.write(answer)) return;
      }
    });
    lead(scheme);
  }
  void lead(Scheme scheme, const std::string& userinfo = "") {
    std::optional<fakes::TestCertificate> certificate;
    if (scheme == Scheme::https) certificate = ca_.issue({.name = "localhost"});
    parent_ = std::make_unique<Parent>(server_->port(), certificate);
    options_.connect_to.clear();
    options_.parent = parent_->route(userinfo);
  }
  fakes::ConnectProxy& proxy() { return parent_->proxy(); }
  std::string fault_message() { return recorder_.fault ? recorder_.fault->message : "no fault"; }

  std::unique_ptr<Parent> parent_;
  // Heads that the origin got.
  std::string asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void note(const std::string& head) {
    std::lock_guard lock(mutex_);
    asked_ += head;
  }

  std::mutex mutex_;
  std::string asked_;  // guarded by mutex_
};

class EveryParent : public OriginParent, public testing::WithParamInterface<Scheme> {};

INSTANTIATE_TEST_SUITE_P(, EveryParent, testing::Values(Scheme::http, Scheme::https),
                         [](const auto& tested) { return tested.param == Scheme::http ? "http" : "https"; });

TEST_P(EveryParent, leads_to_the_origin_and_its_connections_are_kept) {
  serve_behind(GetParam());
  auto request = get();
  request.fields.add("Authorization", "Bearer hf_token");
  exchange(request);
  ASSERT_EQ(recorder_.fault, std::nullopt) << fault_message();
  EXPECT_EQ(recorder_.head->status, 200);
  EXPECT_FALSE(recorder_.head->fields.has("X-Parent"));
  EXPECT_EQ(recorder_.data, "ok");
  Recorder again(loop_);
  auto transfer = start(request, again);
  run();
  EXPECT_EQ(again.data, "ok");
  ASSERT_THAT(proxy().heads(), SizeIs(1));
  auto head = proxy().heads().front();
  EXPECT_THAT(head, HasSubstr("CONNECT hub.test:443 HTTP/1.1\r\nHost: hub.test:443\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nVia: 1.1 weir-test\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("uthorization")));
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_P(EveryParent, gets_the_user_and_password_and_the_origin_does_not) {
  serve_behind(GetParam());
  lead(GetParam(), "ann:s3%40cret@");
  exchange(get());
  ASSERT_EQ(recorder_.fault, std::nullopt) << fault_message();
  ASSERT_THAT(proxy().heads(), SizeIs(1));
  EXPECT_THAT(proxy().heads().front(), HasSubstr("\r\nProxy-Authorization: Basic YW5uOnMzQGNyZXQ=\r\n"));
  EXPECT_THAT(asked(), Not(HasSubstr("Proxy-Authorization")));
}

TEST_P(EveryParent, that_refuses_the_password_is_asked_once) {
  serve_behind(GetParam());
  lead(GetParam(), "ann:s3cret@");
  proxy().answer_with(refusal("407 Proxy Authentication Required"));
  exchange(get());
  EXPECT_EQ(recorder_.head, std::nullopt);
  EXPECT_EQ(recorder_.fault.value().kind, Kind::refused_tunnel);
  EXPECT_THAT(fault_message(), HasSubstr("407"));
  EXPECT_THAT(fault_message(), HasSubstr("localhost:"));
  EXPECT_THAT(fault_message(), HasSubstr("does not take the user and the password"));
  EXPECT_THAT(fault_message(), HasSubstr("[origin] proxy"));
  EXPECT_THAT(fault_message(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(proxy().heads(), SizeIs(1));
}

TEST_P(EveryParent, that_refuses_is_told_by_its_status) {
  struct {
    const char* status;
    const char* told;
    Kind kind;
  } const cases[] = {{"407 Proxy Authentication Required", "asks for a user and a password", Kind::refused_tunnel},
                     {"403 Forbidden", "refused a connection to hub.test:443 with status 403", Kind::refused_tunnel},
                     {"502 Bad Gateway", "status 502", Kind::unreachable},
                     {"508 Loop Detected", "leads back to this very Weir", Kind::refused_tunnel}};
  serve_behind(GetParam());
  for (const auto& tested : cases) {
    proxy().answer_with(refusal(tested.status));
    Recorder recorder(loop_);
    auto transfer = start(get(), recorder);
    run();
    ASSERT_TRUE(recorder.fault) << tested.status;
    EXPECT_EQ(recorder.fault->kind, tested.kind) << tested.status;
    EXPECT_THAT(recorder.fault->message, HasSubstr(tested.told));
  }
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_P(EveryParent, that_is_away_is_told_from_the_origin) {
  serve_behind(GetParam());
  auto route = options_.parent;
  parent_.reset();
  exchange(get());
  EXPECT_EQ(recorder_.fault.value().kind, Kind::unreachable);
  EXPECT_THAT(fault_message(), HasSubstr("through the parent proxy " + route.proxy->text()));
}

TEST_P(EveryParent, does_not_hide_a_bad_certificate_of_the_origin) {
  serve(fakes::self_signed(), [](fakes::TlsConnection&) {});
  lead(GetParam());
  exchange(get());
  EXPECT_EQ(recorder_.fault.value().kind, Kind::bad_certificate);
  EXPECT_THAT(fault_message(), HasSubstr("The certificate of hub.test:443"));
  EXPECT_THAT(fault_message(), HasSubstr("self-signed"));
}

TEST_P(EveryParent, does_not_hide_where_an_answer_without_length_was_cut) {
  auto end_of = [this](bool properly) {
    serve([properly](fakes::TlsConnection& connection) {
      connection.read_head();
      connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall");
      if (!properly) connection.close_without_notify();
    });
    lead(GetParam());
    Recorder recorder(loop_);
    AddressPolicy policy({}, {});
    OriginClient client(loop_, options_, roots_, policy);
    auto transfer = client.start(get(), recorder);
    run();
    EXPECT_EQ(recorder.data, "all");
    return recorder.fault;
  };
  EXPECT_EQ(end_of(true), std::nullopt);
  auto cut = end_of(false);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->kind, Kind::cut);
}

TEST_P(EveryParent, carries_uploads) {
  std::string got;
  serve([&got](fakes::TlsConnection& connection) {
    connection.read_head();
    got = connection.read(1 << 20);
    connection.write(kOk);
  });
  lead(GetParam());
  auto request = get("PUT");
  request.body = RequestBody::length;
  request.body_length = 1 << 20;
  size_t left = 1 << 20;
  recorder_.body = [&left](std::span<char> buffer, bool& at_end) {
    auto count = std::min(left, buffer.size());
    std::fill_n(buffer.begin(), count, 'u');
    left -= count;
    at_end = left == 0;
    return count;
  };
  exchange(request);
  ASSERT_EQ(recorder_.fault, std::nullopt) << fault_message();
  server_.reset();
  EXPECT_EQ(got, std::string(1 << 20, 'u'));
}

TEST_P(EveryParent, is_not_asked_for_what_goes_directly) {
  serve_behind(GetParam());
  auto detour = "hub.test:443:127.0.0.1:" + std::to_string(server_->port());
  options_.connect_to = {detour};
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt) << fault_message();
  EXPECT_THAT(proxy().heads(), IsEmpty());
}

TEST_F(OriginParent, no_proxy_goes_directly_and_to_the_policy) {
  serve_behind(Scheme::http);
  options_.parent.except = NoProxy("hub.test,10.0.0.0/8");
  auto request = get();
  request.host = "10.0.0.1";
  exchange(request);
  EXPECT_EQ(recorder_.fault.value().kind, Kind::refused_address);
  EXPECT_THAT(proxy().heads(), IsEmpty());
}

TEST_F(OriginParent, addresses_are_judged_here_and_names_by_the_parent) {
  serve_behind(Scheme::http);
  for (const char* host : {"10.0.0.1", "169.254.169.254", "fd00::1", "127.0.0.1", "localhost", "::1"}) {
    auto request = get();
    request.host = host;
    Recorder recorder(loop_);
    auto transfer = start(request, recorder);
    EXPECT_EQ(recorder.done, 0U);
    run();
    ASSERT_TRUE(recorder.fault) << host;
    EXPECT_EQ(recorder.fault->kind, Kind::refused_address) << host << ": " << recorder.fault->message;
  }
  EXPECT_THAT(proxy().heads(), IsEmpty());
}

TEST_F(OriginParent, an_allowed_private_address_is_the_parents_to_reach) {
  serve_behind(Scheme::http);
  reach_.allow_private = {Cidr::parse("10.0.0.0/8").value()};
  auto request = get();
  request.host = "10.0.0.1";
  exchange(request);
  EXPECT_EQ(recorder_.fault.value().kind, Kind::bad_certificate) << fault_message();  // it is hub.test's
  EXPECT_THAT(parent_->heads_text(), HasSubstr("CONNECT 10.0.0.1:443 "));
}

TEST_F(OriginParent, over_tls_must_be_trusted_itself) {
  struct Case {
    const char* name;
    fakes::TestCertificate certificate;
  };
  const Case cases[] = {{"self-signed", fakes::self_signed({.name = "localhost"})},
                        {"another name", ca_.issue({.name = "other.test"})},
                        {"another CA", fakes::TestCa("Another CA").issue({.name = "localhost"})}};
  serve_answer(kOk);
  for (const auto& tested : cases) {
    Parent parent(server_->port(), tested.certificate);
    options_.connect_to.clear();
    options_.parent = parent.route("ann:s3cret@");
    Recorder recorder(loop_);
    AddressPolicy policy({}, {});
    OriginClient client(loop_, options_, roots_, policy);
    auto transfer = client.start(get(), recorder);
    run();
    ASSERT_TRUE(recorder.fault) << tested.name;
    EXPECT_EQ(recorder.fault->kind, Kind::bad_certificate) << tested.name;
    EXPECT_THAT(recorder.fault->message, HasSubstr("The certificate of the parent proxy https://localhost:"));
    EXPECT_THAT(parent.proxy().heads(), IsEmpty());
  }
}

}  // namespace
}  // namespace weir::upstream
