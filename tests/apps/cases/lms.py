"""Documents for functions of lms: courses, and mails to who learns."""

from __future__ import annotations

from tests.apps.documents import Documents, at, case, day, doc, single


@case("lms.lms.doctype.lms_course.lms_course.update_course_statistics")
def _() -> Documents:
    chapters = [{"doctype": "Chapter Reference", "chapter": f"Part {n}"} for n in (1, 2)]
    lessons = [{"doctype": "Lesson Reference", "lesson": f"Knot {n}"} for n in (1, 2, 3)]
    return [
        doc(
            "LMS Course",
            "knots",
            title="Knots",
            chapters=chapters,
            lessons=0,
            enrollments=9,
            rating="0",
        ),
        doc("LMS Course", "sails", title="Sails", lessons=7, enrollments=0, rating="3"),
        doc("Course Chapter", "Part 1", course="knots", title="Part 1", lessons=lessons),
        doc("Course Chapter", "Part 2", course="knots", title="Part 2", lessons=lessons[:1]),
        doc(
            "LMS Enrollment", "e1", course="knots", member="ada@example.com", member_type="Student"
        ),
        doc("LMS Enrollment", "e2", course="knots", member="bo@example.com", member_type="Student"),
        doc("LMS Enrollment", "e3", course="knots", member="cy@example.com", member_type="Mentor"),
        doc("LMS Course Review", "r1", course="knots", rating=0.8, review="Good"),
        doc("LMS Course Review", "r2", course="knots", rating=0.35, review="Too fast"),
        doc("LMS Course Review", "r3", course="knots", rating=1, review="Fine"),
    ]


@case("lms.job.doctype.job_opportunity.job_opportunity.update_job_openings")
def _() -> Documents:
    new = {"creation": at(-5), "modified": at(-5)}
    return [
        doc("Job Opportunity", "rigger", job_title="Rigger", status="Open"),
        doc("Job Opportunity", "cook", job_title="Cook", status="Open", **new),
        doc("Job Opportunity", "mate", job_title="Mate", status="Closed"),
    ]


LEARNER = {"batch": "spring", "member": "ada@example.com", "member_name": "Ada"}
BATCH = {"title": "Spring", "published": 1, "start_time": "10:00:00", "medium": "Online"}


@case("lms.lms.doctype.lms_batch.lms_batch.send_batch_start_reminder")
def _() -> Documents:
    return [
        doc("LMS Batch", "spring", start_date=day(1), **BATCH),
        doc("LMS Batch", "autumn", start_date=day(90), **BATCH),
        doc("LMS Batch Enrollment", "e1", **LEARNER),
        doc(
            "LMS Batch Enrollment", "e2", batch="autumn", member="bo@example.com", member_name="Bo"
        ),
    ]


@case("lms.lms.doctype.lms_live_class.lms_live_class.send_live_class_reminder")
def _() -> Documents:
    return [
        doc(
            "LMS Live Class", "c1", title="Knots", date=day(), time="10:00:00", batch_name="spring"
        ),
        doc(
            "LMS Live Class", "c2", title="Sails", date=day(1), time="10:00:00", batch_name="spring"
        ),
        doc("LMS Batch Enrollment", "e1", **LEARNER),
    ]


@case("lms.lms.doctype.lms_course.lms_course.send_notification_for_published_courses")
def _() -> Documents:
    own = [{"doctype": "Course Instructor", "instructor": "ada@example.com"}]
    return [
        single("LMS Settings", send_notification_for_published_courses="Email"),
        doc("User", "ada@example.com", email="ada@example.com", enabled=1, full_name="Ada",
            username="ada", user_image="", first_name="Ada"),
        doc("LMS Course", "knots", title="Knots", published_on=day(), notification_sent=0,
            short_introduction="Ropes", instructors=own),
        doc("LMS Course", "sails", title="Sails", published_on=day(-1), notification_sent=0),
    ]  # fmt: skip
