//! The wire in front of a node, tried on anvil.

mod anvil {
    use std::sync::Arc;
    use std::time::Duration;

    use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS, Error, Gate, RpcFault, RpcProxy};
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn node_and_proxy() -> Result<(Anvil, RpcProxy), Error> {
        let anvil = Anvil::start(AnvilOptions::default()).await?;
        let proxy = RpcProxy::start(&anvil.url()).await?;
        Ok((anvil, proxy))
    }

    /// One request on a connection of its own; `None` when it is closed without an answer.
    async fn ask(proxy: &RpcProxy, body: Value) -> Option<(u16, Value)> {
        let mut stream = TcpStream::connect(proxy.address()).await.ok()?;
        let body = body.to_string();
        let head = "POST / HTTP/1.1\r\nHost: node\r\nConnection: close\r\nContent-Length:";
        let request = format!("{head} {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    fn call(id: u64, method: &str) -> Value {
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": []})
    }

    fn transfer() -> Value {
        let (from, to) = (DEV_ACCOUNTS[0].address, DEV_ACCOUNTS[1].address);
        let params = json!([{"from": from, "to": to, "value": "0x1"}]);
        json!({"jsonrpc": "2.0", "id": 7, "method": "eth_sendTransaction", "params": params})
    }

    /// Mined or not: anvil mines a transaction just after it answered.
    async fn sent_by_first_account(anvil: &Anvil) -> Result<Value, Error> {
        let params = json!([DEV_ACCOUNTS[0].address, "pending"]);
        anvil.rpc("eth_getTransactionCount", params).await
    }

    #[tokio::test]
    async fn a_call_passes_unchanged_and_is_counted() -> Result<(), Error> {
        let (_anvil, proxy) = node_and_proxy().await?;
        let (status, answer) = ask(&proxy, call(5, "eth_chainId")).await.unwrap();
        let expected = json!({"jsonrpc": "2.0", "id": 5, "result": "0x7a69"});
        assert_eq!((status, answer), (200, expected));
        assert_eq!((proxy.http_requests(), proxy.calls("eth_chainId")), (1, 1));
        proxy.reset_counts();
        assert_eq!((proxy.http_requests(), proxy.calls("*")), (0, 0));
        Ok(())
    }

    #[tokio::test]
    async fn a_batch_is_one_request_and_only_matching_calls_are_falsified() -> Result<(), Error> {
        let (_anvil, proxy) = node_and_proxy().await?;
        proxy.once("eth_gasPrice", RpcFault::Answer(json!("0x1")));
        proxy.once(
            "eth_blockNumber",
            RpcFault::Error(-32005, "slow down".into()),
        );
        let batch = [
            "eth_chainId",
            "eth_gasPrice",
            "eth_blockNumber",
            "eth_blockNumber",
        ];
        let batch: Vec<_> = (10..)
            .zip(batch)
            .map(|(id, method)| call(id, method))
            .collect();
        let (_, answers) = ask(&proxy, json!(batch)).await.unwrap();
        assert_eq!(answers[0]["result"], json!("0x7a69"));
        assert_eq!(
            answers[1],
            json!({"jsonrpc": "2.0", "id": 11, "result": "0x1"})
        );
        assert_eq!(answers[2]["error"]["message"], json!("slow down"));
        assert_eq!(
            answers[3],
            json!({"jsonrpc": "2.0", "id": 13, "result": "0x0"})
        );
        assert_eq!((proxy.http_requests(), proxy.calls("*")), (1, 4));
        Ok(())
    }

    #[tokio::test]
    async fn after_a_lost_reply_the_node_has_the_transaction() -> Result<(), Error> {
        let (anvil, proxy) = node_and_proxy().await?;
        proxy.once("eth_sendTransaction", RpcFault::LoseReply);
        assert_eq!(ask(&proxy, transfer()).await, None);
        assert_eq!(sent_by_first_account(&anvil).await?, json!("0x1"));
        assert_eq!(ask(&proxy, transfer()).await.unwrap().0, 200);
        Ok(())
    }

    #[tokio::test]
    async fn after_a_refusal_the_node_has_nothing() -> Result<(), Error> {
        let (anvil, proxy) = node_and_proxy().await?;
        proxy.once("*", RpcFault::Refuse);
        proxy.once("*", RpcFault::Status(503));
        proxy.once("*", RpcFault::Error(-32000, "no".into()));
        assert_eq!(ask(&proxy, transfer()).await, None);
        assert_eq!(ask(&proxy, transfer()).await, Some((503, Value::Null)));
        let refused = json!({"code": -32000, "message": "no"});
        assert_eq!(ask(&proxy, transfer()).await.unwrap().1["error"], refused);
        assert_eq!(sent_by_first_account(&anvil).await?, json!("0x0"));
        Ok(())
    }

    #[tokio::test]
    async fn an_error_after_the_fact_and_a_duplicate_both_reach_the_node() -> Result<(), Error> {
        let (anvil, proxy) = node_and_proxy().await?;
        proxy.once(
            "eth_sendTransaction",
            RpcFault::ErrorAfter(-32000, "busy".into()),
        );
        proxy.once("eth_sendTransaction", RpcFault::Twice);
        let (_, answer) = ask(&proxy, transfer()).await.unwrap();
        assert_eq!(answer["error"]["message"], json!("busy"));
        assert_eq!(sent_by_first_account(&anvil).await?, json!("0x1"));
        assert!(ask(&proxy, transfer()).await.unwrap().1["result"].is_string());
        assert_eq!(sent_by_first_account(&anvil).await?, json!("0x3"));
        Ok(())
    }

    #[tokio::test]
    async fn results_are_replaced_and_rewritten_until_healed() -> Result<(), Error> {
        let (_anvil, proxy) = node_and_proxy().await?;
        proxy.times("eth_chainId", 2, RpcFault::AnswerAfter(json!("0x3d")));
        let longer = |result: Value| json!(format!("{}00", result.as_str().unwrap_or_default()));
        proxy.always("eth_chainId", RpcFault::Rewrite(Arc::new(longer)));
        for expected in ["0x3d", "0x3d", "0x7a6900", "0x7a6900"] {
            let (_, answer) = ask(&proxy, call(1, "eth_chainId")).await.unwrap();
            assert_eq!(answer["result"], json!(expected));
        }
        proxy.heal();
        let (_, answer) = ask(&proxy, call(1, "eth_chainId")).await.unwrap();
        assert_eq!(answer["result"], json!("0x7a69"));
        Ok(())
    }

    #[tokio::test]
    async fn a_gate_holds_a_call_before_the_node_or_its_answer_after_it() -> Result<(), Error> {
        let (anvil, proxy) = node_and_proxy().await?;
        let proxy = Arc::new(proxy);
        let (before, after) = (Gate::new(), Gate::new());
        proxy.once("eth_sendTransaction", RpcFault::Hold(before.clone()));
        proxy.once("eth_sendTransaction", RpcFault::HoldReply(after.clone()));
        let asked = Arc::clone(&proxy);
        let first = tokio::spawn(async move { ask(&asked, transfer()).await });
        before.arrived().await;
        let asked = Arc::clone(&proxy);
        let second = tokio::spawn(async move { ask(&asked, transfer()).await });
        after.arrived().await;
        assert_eq!(sent_by_first_account(&anvil).await?, json!("0x1"));
        assert!(!first.is_finished() && !second.is_finished());
        before.release();
        assert!(first.await.unwrap().unwrap().1["result"].is_string());
        assert_eq!(sent_by_first_account(&anvil).await?, json!("0x2"));
        assert!(!second.is_finished());
        after.release();
        assert!(second.await.unwrap().unwrap().1["result"].is_string());
        Ok(())
    }

    #[tokio::test]
    async fn late_calls_and_late_answers_still_come() -> Result<(), Error> {
        let (_anvil, proxy) = node_and_proxy().await?;
        proxy.once("*", RpcFault::Delay(Duration::from_millis(20)));
        proxy.once("*", RpcFault::DelayReply(Duration::from_millis(20)));
        for _ in 0..2 {
            assert_eq!(ask(&proxy, call(1, "eth_chainId")).await.unwrap().0, 200);
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_proxy_that_is_down_refuses_and_comes_back_before_another_node() -> Result<(), Error>
    {
        let (_anvil, mut proxy) = node_and_proxy().await?;
        proxy.down().await;
        assert_eq!(ask(&proxy, call(1, "eth_chainId")).await, None);
        let options = AnvilOptions {
            chain_id: Some(61),
            ..AnvilOptions::default()
        };
        let other = Anvil::start(options).await?;
        proxy.set_target(&other.url());
        proxy.up().await?;
        let (_, answer) = ask(&proxy, call(1, "eth_chainId")).await.unwrap();
        assert_eq!(answer["result"], json!("0x3d"));
        drop(other);
        assert_eq!(ask(&proxy, call(1, "eth_chainId")).await, None);
        Ok(())
    }
}
