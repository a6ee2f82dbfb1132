"""The baseline: the same call as a team writes it from the tutorials of FastAPI, SQLAlchemy and boto3."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import boto3
import jwt
from botocore.config import Config
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine(
    os.environ["PHOTODOCK_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"), pool_size=16
)
SessionLocal = sessionmaker(engine)
bearer = HTTPBearer()
s3 = boto3.client(
    "s3",
    region_name="us-east-1",
    endpoint_url=os.environ["PHOTODOCK_S3_ENDPOINT_URL"],
    config=Config(signature_version="s3v4"),
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "baseline_users"
    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]


class Project(Base):
    __tablename__ = "baseline_projects"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]


class Photo(Base):
    __tablename__ = "baseline_photos"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("baseline_projects.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("baseline_users.id"))
    file_name: Mapped[str]
    file_size: Mapped[int]
    mime_type: Mapped[str]
    s3_key: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending_upload")
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


Base.metadata.create_all(engine)
app = FastAPI()


class UploadRequest(BaseModel):
    project_id: UUID
    file_name: str
    file_size: int
    mime_type: str


def get_session() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def get_user(session: SessionDep, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> User:
    try:
        claims = jwt.decode(credentials.credentials, os.environ["PHOTODOCK_JWT_SECRET"], algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    user = session.scalar(select(User).where(User.id == claims["sub"]))
    if user is None:
        raise HTTPException(401)
    return user


@app.post("/api/v1/photos/upload-url")
def create_upload_url(
    body: UploadRequest, session: SessionDep, user: Annotated[User, Depends(get_user)]
) -> dict[str, object]:
    project = session.scalar(select(Project).where(Project.id == body.project_id))
    if project is None or project.organization_id != user.organization_id:
        raise HTTPException(403)
    photo_id = uuid4()
    photo = Photo(
        id=photo_id,
        project_id=project.id,
        user_id=user.id,
        file_name=body.file_name,
        file_size=body.file_size,
        mime_type=body.mime_type,
        s3_key=f"{project.id}/{photo_id}.jpg",
    )
    session.add(photo)
    session.commit()
    session.refresh(photo)
    url = s3.generate_presigned_url(
        "put_object",
        Params={"Bucket": "photos", "Key": photo.s3_key, "ContentType": photo.mime_type},
        ExpiresIn=900,
    )
    return {"photo_id": photo.id, "upload_url": url, "expires_in_seconds": 900}
