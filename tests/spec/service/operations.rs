//! Long work: it waits for its turn, says how far it is, ends as it ends, and can be stopped.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use duecast::app::access::{Principal, Role, Scope};
use duecast::app::operations::{
    Done, Error, Failure, Kind, Operation, OperationFilter, Operations, QUEUED_MAX, Status, Ticket,
};
use serde_json::json;

use crate::support::service::{Reply, Service};

/// Longer than any of this takes.
const LONG: Duration = Duration::from_secs(30);

fn client(role: Role, scope: Scope) -> Principal {
    Principal {
        actor: format!("key:{}", role.name()),
        roles: [role].into_iter().collect(),
        scope,
    }
}

/// Work that goes on until it is told to stop.
async fn endless(ticket: Ticket) -> Result<Done, Failure> {
    ticket.progress(3, 10, "walking in circles");
    ticket.cancel.cancelled().await;
    Err(Failure::cancelled())
}

async fn start_endless(service: &Service, kind: Kind) -> Operation {
    service
        .app()
        .operations
        .start(kind, &Principal::system(), json!({}), endless)
        .await
        .unwrap()
}

async fn delete(service: &Service, operation: &Operation) -> Reply {
    let request = Request::delete(format!("/v1/operations/{}", operation.operation_id))
        .body(Body::empty())
        .unwrap();
    service.send(request).await
}

/// Waits until an operation is at work and has said how far it is.
async fn running(service: &Service, operation: &Operation) -> Operation {
    loop {
        let now = service
            .app()
            .operations
            .get(&operation.operation_id, &Principal::system())
            .await
            .unwrap();
        if now.status == Status::Running && now.progress.total > 0 {
            return now;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_says_how_far_it_is_and_what_came_of_it() {
    let service = Service::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("set.csv");
    std::fs::write(&file, "a,b\n1,2\n").unwrap();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let operation = service
        .app()
        .operations
        .start(
            Kind::TrainingSet,
            &Principal::system(),
            json!({"format": "csv"}),
            move |ticket| async move {
                ticket.progress(1, 2, "reading");
                let _ = gone.await;
                Ok(Done {
                    result: json!({"rows": 1}),
                    file: Some(file),
                })
            },
        )
        .await
        .unwrap();
    assert_eq!(operation.status, Status::Queued);
    running(&service, &operation).await;
    let path = format!("/v1/operations/{}", operation.operation_id);
    let reply = service.get(&path).await;
    assert_eq!(reply.body["status"], "running");
    assert_eq!(
        reply.body["progress"],
        json!({"done": 1, "total": 2, "note": "reading"})
    );
    assert_eq!(reply.headers["retry-after"], "1");
    let early = service.get(&format!("{path}/file")).await;
    assert_eq!((early.status, &early.body["code"]), (409, &json!("not_ended")));

    go.send(()).unwrap();
    let ended = service
        .app()
        .operations
        .wait(&operation.operation_id, LONG)
        .await
        .unwrap();
    assert_eq!(ended.status, Status::Succeeded);
    let reply = service.get(&path).await;
    assert_eq!(reply.body["result"], json!({"rows": 1}));
    assert_eq!(reply.body["request"], json!({"format": "csv"}));
    assert!(!reply.headers.contains_key("retry-after"));
    let file = service.get(&format!("{path}/file")).await;
    assert_eq!((file.status, file.text.as_str()), (200, "a,b\n1,2\n"));
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_and_what_runs_can_be_cancelled_and_what_has_ended_cannot() {
    let service = Service::start().await;
    let first = start_endless(&service, Kind::Training).await;
    let second = start_endless(&service, Kind::Training).await;
    running(&service, &first).await;
    let operations = &service.app().operations;
    let system = Principal::system();
    let waiting = operations.get(&second.operation_id, &system).await.unwrap();
    assert_eq!(waiting.status, Status::Queued, "one model is trained at a time");

    for operation in [&second, &first] {
        assert_eq!(delete(&service, operation).await.status, 202);
        let ended = operations.wait(&operation.operation_id, LONG).await.unwrap();
        assert_eq!(ended.status, Status::Cancelled);
        let again = delete(&service, operation).await;
        assert_eq!(
            (again.status, &again.body["code"]),
            (409, &json!("already_ended"))
        );
    }
    let unstarted = operations.get(&second.operation_id, &system).await.unwrap();
    assert_eq!(unstarted.started_at, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_panics_is_a_failure_that_tells_nothing() {
    let service = Service::start().await;
    let operations = &service.app().operations;
    let operation = operations
        .start(
            Kind::Import,
            &Principal::system(),
            json!({}),
            |ticket| async move {
                assert!(ticket.cancel.is_cancelled(), "a secret of the work");
                Err(Failure::cancelled())
            },
        )
        .await
        .unwrap();
    let ended = operations.wait(&operation.operation_id, LONG).await.unwrap();
    assert_eq!(ended.status, Status::Failed);
    let problem = ended.problem.unwrap();
    assert_eq!(problem.code, "internal");
    assert!(!problem.detail.contains("secret"), "{}", problem.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_behind_has_failed_at_the_next_start() {
    let service = Service::start().await;
    let left = start_endless(&service, Kind::Forecast).await;
    running(&service, &left).await;
    let app = service.app();
    let next = Operations::new(app.store.clone(), app.clock.clone());
    next.recover().await.unwrap();
    let found = next.get(&left.operation_id, &Principal::system()).await.unwrap();
    assert_eq!(found.status, Status::Failed);
    assert_eq!(found.problem.unwrap().code, "interrupted");
    assert!(found.ended_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_gives_work_its_time_and_then_interrupts_it() {
    let service = Service::start().await;
    let app = service.app();
    let operations = Operations::new(app.store.clone(), app.clock.clone());
    let system = Principal::system();
    let left = operations
        .start(Kind::Forecast, &system, json!({}), endless)
        .await
        .unwrap();
    operations.drain(Duration::ZERO).await;
    let found = operations.get(&left.operation_id, &system).await.unwrap();
    assert_eq!(found.status, Status::Failed);
    assert_eq!(found.problem.unwrap().code, "interrupted");
    let late = operations
        .start(Kind::Forecast, &system, json!({}), endless)
        .await;
    assert!(matches!(late, Err(Error::Stopping)), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_a_full_queue_waits() {
    let service = Service::start().await;
    let first = start_endless(&service, Kind::Training).await;
    running(&service, &first).await;
    for _ in 0..QUEUED_MAX {
        start_endless(&service, Kind::Training).await;
    }
    let operations = &service.app().operations;
    let more = operations
        .start(Kind::Training, &Principal::system(), json!({}), endless)
        .await;
    assert!(matches!(more, Err(Error::QueueFull)), "{more:?}");
    operations.drain(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_seen_by_its_roles_and_by_who_sees_as_much_as_its_owner() {
    let service = Service::start().await;
    let operations = &service.app().operations;
    let one = Scope::Entities(["NL01".to_owned()].into_iter().collect());
    let both = Scope::Entities(["NL01".to_owned(), "DE01".to_owned()].into_iter().collect());
    let owner = client(Role::Treasury, both.clone());
    let operation = operations
        .start(Kind::Forecast, &owner, json!({}), endless)
        .await
        .unwrap();
    let id = operation.operation_id.as_str();
    for (by, is_seen) in [
        (client(Role::Treasury, Scope::All), true),
        (client(Role::Auditor, both.clone()), true),
        (client(Role::Treasury, one), false),
        (client(Role::Data, Scope::All), false),
        (client(Role::Collections, Scope::All), false),
    ] {
        let found = operations.get(id, &by).await;
        assert_eq!(found.is_ok(), is_seen, "{by:?}");
        let filter = OperationFilter {
            limit: 10,
            ..OperationFilter::default()
        };
        let listed = operations.list(&filter, &by).await.unwrap();
        assert_eq!(listed.len(), usize::from(is_seen), "{by:?}");
    }
    let refused = operations.cancel(id, &client(Role::Auditor, both)).await;
    assert!(matches!(refused, Err(Error::NotAllowed { .. })), "{refused:?}");
    operations.cancel(id, &owner).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_listed_page_by_page_newest_first() {
    let service = Service::start().await;
    let mut started = Vec::new();
    for kind in [Kind::Import, Kind::Training, Kind::Import] {
        started.push(start_endless(&service, kind).await.operation_id);
    }
    started.reverse();
    let mut found = Vec::new();
    let mut path = "/v1/operations?limit=2".to_owned();
    loop {
        let page = service.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for operation in page.body["data"].as_array().unwrap() {
            found.push(operation["operation_id"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/operations?limit=2&cursor={cursor}");
    }
    assert_eq!(found, started);
    let imports = service.get("/v1/operations?kind=import").await;
    assert_eq!(imports.body["data"].as_array().unwrap().len(), 2);
    let other_list = service.get("/v1/operations?kind=dance").await;
    assert_eq!(other_list.status, 400);
    service.app().operations.drain(Duration::ZERO).await;
}
